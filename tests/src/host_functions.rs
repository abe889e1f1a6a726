//! Sample host functions.

use std::time::Duration;

use eryx::{CallError, Function};
use serde::Deserialize;
use serde_json::Value;

/// The argument of a function that takes one value of any type, named `value`.
#[derive(Deserialize)]
pub struct One {
    /// The value.
    pub value: Value,
}

/// `echo(value)` returns its argument.
pub fn echo() -> Function {
    Function::new("echo", |One { value }: One| async move {
        Ok::<_, CallError>(value)
    })
}

/// `fail(message)` raises `RuntimeError(message)`.
pub fn fail() -> Function {
    #[derive(Deserialize)]
    struct Fail {
        message: String,
    }
    Function::new("fail", |Fail { message }: Fail| async move {
        Err::<(), _>(CallError::new(message))
    })
}

/// `slow(milliseconds)` returns after that time.
pub fn slow() -> Function {
    #[derive(Deserialize)]
    struct Slow {
        milliseconds: u64,
    }
    Function::new("slow", |Slow { milliseconds }: Slow| async move {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        Ok::<_, CallError>(())
    })
}

/// `wait(value)` never returns.
pub fn wait() -> Function {
    Function::new("wait", |One { .. }: One| {
        std::future::pending::<Result<(), CallError>>()
    })
}

/// `big(bytes)` returns a text of that length.
pub fn big() -> Function {
    #[derive(Deserialize)]
    struct Big {
        bytes: usize,
    }
    Function::new("big", |Big { bytes }: Big| async move {
        Ok::<_, CallError>("x".repeat(bytes))
    })
}

/// `panic()` panics in the host.
pub fn panic() -> Function {
    fn panic() -> std::future::Ready<Result<(), CallError>> {
        panic!("the host function `panic` was called")
    }
    Function::new("panic", |(): ()| panic())
}
