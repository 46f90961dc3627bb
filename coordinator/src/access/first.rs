//! The first start: the administrator gets a token.

use crate::error::KernelError;
use crate::kernel::Kernel;
use crate::model::{NewToken, UserId};
use protocol::Secret;

/// All that a token can open.
const SCOPES: [&str; 2] = ["api", "write_repository"];

/// Makes the administrator's token. At the first start this is the one given, else a random one, which is answered:
/// nobody can find it out later. At a later start a token that is given is made if it is not known.
pub(crate) async fn first_start(
    kernel: &Kernel,
    given: Option<&Secret>,
) -> Result<Option<Secret>, KernelError> {
    let known = kernel.tokens(UserId::ROOT).await?;
    let new = NewToken {
        user: UserId::ROOT,
        name: "administrator".to_owned(),
        scopes: SCOPES.map(str::to_owned).to_vec(),
        project: None,
        expires_at: None,
    };
    match given {
        Some(secret) => match kernel.adopt_token(new, secret).await {
            Ok(_) | Err(KernelError::Taken(_)) => Ok(None),
            Err(error) => Err(error),
        },
        None if known.is_empty() => {
            let (_, secret) = kernel.create_token(new).await?;
            Ok(Some(secret))
        }
        None => Ok(None),
    }
}
