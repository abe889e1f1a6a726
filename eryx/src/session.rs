//! One live instance, which keeps its state from one program to the next.

use std::fmt;

use eryx_runtime::Entry;

use crate::policy::{Live, Policy};
use crate::sandbox::run_in;
use crate::{ErrorKind, ExecuteError, ExecuteResult, Program, Sandbox};

/// One live instance: variables, imports and files stay from one program to the next.
///
/// Made by [`Sandbox::session`]. It counts as one running program for as long as it lives.
///
/// A run that passes a limit, is cancelled or dropped, or traps, ends the instance: then all that was
/// in it is lost, every call says so ([`ErrorKind::Lost`]), and [`reset`](Self::reset) starts anew. An
/// exception or `sys.exit` does not; nor does a limit on memory that showed as an exception, or a
/// result that was too large.
///
/// ```no_run
/// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
/// let mut session = sandbox.session().await?;
/// session.execute("import json; count = 1").await?;
/// session.write("/tmp/more.json", b"[2, 3]").await?;
/// session.execute("count += len(json.load(open('/tmp/more.json')))").await?;
/// assert_eq!(session.execute("print(count)").await?.stdout, "3\n");
/// # Ok(())
/// # }
/// ```
pub struct Session {
    sandbox: Sandbox,
    /// None while it is being made anew.
    live: Option<Live>,
}

impl Session {
    pub(crate) async fn start(sandbox: Sandbox) -> Result<Self, ExecuteError> {
        let mut session = Self {
            sandbox,
            live: None,
        };
        session.reset().await?;
        Ok(session)
    }

    /// Runs some Python code, which finds what earlier code has left.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::execute`]; or if the session is lost.
    pub async fn execute(&mut self, code: &str) -> Result<ExecuteResult, ExecuteError> {
        self.run(Program::new(code)).await
    }

    /// Runs a program, which finds what earlier ones have left; see [`Sandbox::run`].
    ///
    /// # Errors
    ///
    /// As [`Sandbox::execute`]; or if the session is lost.
    pub async fn run(&mut self, mut program: Program) -> Result<ExecuteResult, ExecuteError> {
        if let Some(token) = &program.token
            && token.is_cancelled()
        {
            // Nothing has begun, so nothing is lost.
            return Err(ErrorKind::Cancelled.into());
        }
        let (session, policy) = self.parts()?;
        let own = program.limits.clone();
        let limits = own.unwrap_or_else(|| policy.limits.clone());
        for (path, contents) in std::mem::take(&mut program.files) {
            session.write(&path, &contents, &limits).await?;
        }
        run_in(session, program, &policy.arguments, limits).await
    }

    /// Puts something into a file, in place of what may be there. The path is absolute; folders on the
    /// way are made. What programs can only read (`/python`, `/site-packages`) stays as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if the path cannot be written to, [`ErrorKind::Limit`] if there is no memory
    /// left for what is given, which ends the instance, and [`ErrorKind::Lost`].
    pub async fn write(&mut self, path: &str, contents: &[u8]) -> Result<(), ExecuteError> {
        let (session, policy) = self.parts()?;
        Ok(session.write(path, contents, &policy.limits).await?)
    }

    /// What is in a file, up to [`Limits::result_bytes`](crate::Limits::result_bytes).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if there is no such file or it is larger, and [`ErrorKind::Lost`].
    pub async fn read(&mut self, path: &str) -> Result<Vec<u8>, ExecuteError> {
        let (session, policy) = self.parts()?;
        Ok(session.read(path, &policy.limits).await?)
    }

    /// What is in a folder, by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if there is no such folder, and [`ErrorKind::Lost`].
    pub async fn list(&mut self, path: &str) -> Result<Vec<Entry>, ExecuteError> {
        let (session, policy) = self.parts()?;
        Ok(session.list(path, &policy.limits).await?)
    }

    /// Removes a file, or a folder and all that is in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if there is nothing there or it cannot be removed, and [`ErrorKind::Lost`].
    pub async fn remove(&mut self, path: &str) -> Result<(), ExecuteError> {
        let (session, policy) = self.parts()?;
        Ok(session.remove(path, &policy.limits).await?)
    }

    /// Whether all that was in this session is gone.
    pub fn is_lost(&self) -> bool {
        self.live.as_ref().is_none_or(|live| live.session.is_lost())
    }

    /// Starts anew from the image, in well under a millisecond; what was there is gone.
    ///
    /// # Errors
    ///
    /// If there is no place to run, or no memory left for an instance; then the session is lost, and
    /// this can be tried again.
    pub async fn reset(&mut self) -> Result<(), ExecuteError> {
        // First, so that its place is free for the new one.
        self.live = None;
        let policy = self.sandbox.policy();
        let image = self.sandbox.image();
        let live = policy.start(image, &policy.limits, Vec::new()).await?;
        self.live = Some(live);
        Ok(())
    }

    /// The live instance, and what its programs are given.
    fn parts(&mut self) -> Result<(&mut eryx_runtime::Session, &Policy), ErrorKind> {
        let live = self.live.as_mut().ok_or(ErrorKind::Lost)?;
        Ok((&mut live.session, self.sandbox.policy()))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("sandbox", &self.sandbox)
            .field("is_lost", &self.is_lost())
            .finish_non_exhaustive()
    }
}
