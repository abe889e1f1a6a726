//! eryx as its users meet it: the tests are in `tests/`. Here is what others than they need as well.

pub mod programs;

use std::time::Duration;

use eryx::{CallError, Function, Sandbox};
use serde::Deserialize;
use serde_json::Value;

/// Gives programs functions of the host's to attack.
pub fn with_functions(sandbox: Sandbox) -> Sandbox {
    #[derive(Deserialize)]
    struct Echo {
        value: Value,
    }
    #[derive(Deserialize)]
    struct Fail {
        message: String,
    }
    #[derive(Deserialize)]
    struct Slow {
        milliseconds: u64,
    }
    #[derive(Deserialize)]
    struct Big {
        bytes: usize,
    }
    fn panic() -> std::future::Ready<Result<(), CallError>> {
        panic!("this is what the function is for")
    }

    sandbox
        .with_function(Function::new("echo", |Echo { value }: Echo| async move {
            Ok::<_, CallError>(value)
        }))
        .with_function(Function::new("fail", |Fail { message }: Fail| async move {
            Err::<(), _>(CallError::new(message))
        }))
        .with_function(Function::new("panic", |(): ()| panic()))
        .with_function(Function::new(
            "slow",
            |Slow { milliseconds }: Slow| async move {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                Ok::<_, CallError>(())
            },
        ))
        .with_function(Function::new("big", |Big { bytes }: Big| async move {
            Ok::<_, CallError>("x".repeat(bytes))
        }))
}
