//! The id of one logical call.

use std::fmt::Write as _;

/// A new `X-Request-Id`: a random UUID (version 4) without dashes, 32 hexadecimal digits. All repeats of one
/// call share it.
pub(crate) fn new() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // Ids only help to find a call in two logs; a missing source of randomness must not stop a job.
        return "0".repeat(32);
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes.iter().fold(String::with_capacity(32), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_id_is_a_uuid_without_dashes() {
        let id = super::new();
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
        assert_eq!(&id[12..13], "4");
        assert!("89ab".contains(&id[16..17]));
        assert_ne!(id, super::new());
    }
}
