//! `[runners.cache]`: the remote cache. Archives on this machine need none of it.

use super::key::{Check, Key, Kind, Table, flagged, key};

/// The remote cache.
pub(super) static CACHE: Table = Table {
    path: "runners.cache",
    keys: &[
        flagged("Type", Kind::Text)
            .check(Check::Choice(&["s3", "gcs", "azure"]))
            .unsupported("caches stay on this machine"),
        flagged("Path", Kind::Text).detail(),
        flagged("Shared", Kind::Boolean).detail(),
        flagged("MaxUploadedArchiveSize", Kind::Integer)
            .detail()
            .flag(&["cache-max_uploaded_archive_size"])
            .variable("CACHE_MAXIMUM_UPLOADED_ARCHIVE_SIZE")
            .always(),
        key("s3", Kind::Table(&S3)).detail().always(),
        key("gcs", Kind::Table(&GCS)).detail().always(),
        key("azure", Kind::Table(&AZURE)).detail().always(),
    ],
    flag_prefix: "cache-",
    variable_prefix: "CACHE_",
};

/// A key whose flag and variable have a spelling of their own.
const fn spelt(name: &'static str, kind: Kind, flag: &'static [&'static str], variable: &'static str) -> Key {
    flagged(name, kind).detail().flag(flag).variable(variable)
}

static S3: Table = Table {
    path: "runners.cache.s3",
    keys: &[
        spelt("ServerAddress", Kind::Text, &["cache-s3-server-address"], "CACHE_S3_SERVER_ADDRESS"),
        spelt("AccessKey", Kind::Secret, &["cache-s3-access-key"], "CACHE_S3_ACCESS_KEY"),
        spelt("SecretKey", Kind::Secret, &["cache-s3-secret-key"], "CACHE_S3_SECRET_KEY"),
        spelt("SessionToken", Kind::Secret, &["cache-s3-session-token"], "CACHE_S3_SESSION_TOKEN"),
        spelt("BucketName", Kind::Text, &["cache-s3-bucket-name"], "CACHE_S3_BUCKET_NAME"),
        spelt("BucketLocation", Kind::Text, &["cache-s3-bucket-location"], "CACHE_S3_BUCKET_LOCATION"),
        spelt("Insecure", Kind::Boolean, &["cache-s3-insecure"], "CACHE_S3_INSECURE"),
        spelt(
            "AuthenticationType",
            Kind::Text,
            &["cache-s3-authentication_type"],
            "CACHE_S3_AUTHENTICATION_TYPE",
        ),
        spelt(
            "ServerSideEncryption",
            Kind::Text,
            &["cache-s3-server-side-encryption"],
            "CACHE_S3_SERVER_SIDE_ENCRYPTION",
        ),
        spelt(
            "ServerSideEncryptionKeyID",
            Kind::Text,
            &["cache-s3-server-side-encryption-key-id"],
            "CACHE_S3_SERVER_SIDE_ENCRYPTION_KEY_ID",
        ),
        spelt("DualStack", Kind::Switch, &["cache-s3-dual-stack"], "CACHE_S3_DUAL_STACK"),
        spelt("PathStyle", Kind::Switch, &["cache-s3-path-style"], "CACHE_S3_PATH_STYLE"),
        spelt("Accelerate", Kind::Boolean, &["cache-s3-accelerate"], "CACHE_S3_ACCELERATE"),
        spelt("RoleARN", Kind::Text, &["cache-s3-role-arn"], "CACHE_S3_ROLE_ARN"),
        spelt("UploadRoleARN", Kind::Text, &["cache-s3-upload-role-arn"], "CACHE_S3_UPLOAD_ROLE_ARN"),
        spelt(
            "AssumeRoleMaxConcurrency",
            Kind::Integer,
            &["cache-s3-assume-role-max-concurrency"],
            "CACHE_S3_ASSUME_ROLE_MAX_CONCURRENCY",
        )
        .always(),
        spelt(
            "DisableAssumeRoleCredentialsCaching",
            Kind::Boolean,
            &["cache-s3-disable-assume-role-credentials-caching"],
            "CACHE_S3_DISABLE_ASSUME_ROLE_CREDENTIALS_CACHING",
        ),
    ],
    flag_prefix: "cache-s3-",
    variable_prefix: "CACHE_S3_",
};

static GCS: Table = Table {
    path: "runners.cache.gcs",
    keys: &[
        spelt("AccessID", Kind::Text, &["cache-gcs-access-id"], "CACHE_GCS_ACCESS_ID"),
        spelt("PrivateKey", Kind::Secret, &["cache-gcs-private-key"], "CACHE_GCS_PRIVATE_KEY"),
        spelt(
            "CredentialsFile",
            Kind::Text,
            &["cache-gcs-credentials-file"],
            "GOOGLE_APPLICATION_CREDENTIALS",
        ),
        spelt("BucketName", Kind::Text, &["cache-gcs-bucket-name"], "CACHE_GCS_BUCKET_NAME"),
        spelt("UniverseDomain", Kind::Text, &["cache-gcs-universe-domain"], "CACHE_GCS_UNIVERSE_DOMAIN"),
    ],
    flag_prefix: "cache-gcs-",
    variable_prefix: "CACHE_GCS_",
};

static AZURE: Table = Table {
    path: "runners.cache.azure",
    keys: &[
        spelt("AccountName", Kind::Text, &["cache-azure-account-name"], "CACHE_AZURE_ACCOUNT_NAME"),
        spelt("AccountKey", Kind::Secret, &["cache-azure-account-key"], "CACHE_AZURE_ACCOUNT_KEY"),
        spelt("ContainerName", Kind::Text, &["cache-azure-container-name"], "CACHE_AZURE_CONTAINER_NAME"),
        spelt("StorageDomain", Kind::Text, &["cache-azure-storage-domain"], "CACHE_AZURE_STORAGE_DOMAIN"),
    ],
    flag_prefix: "cache-azure-",
    variable_prefix: "CACHE_AZURE_",
};
