//! An image and what may be done with it.

use std::path::Path;
use std::sync::Arc;

use eryx_runtime::Image;

use crate::result::from_run;
use crate::{BuildError, ExecuteError, ExecuteResult, Program, SandboxBuilder};

/// Python and some packages, ready to run programs that nobody trusts.
///
/// Cheap to clone; all clones share one image. One sandbox may run many programs at a time.
#[derive(Clone, Debug)]
pub struct Sandbox {
    image: Arc<Image>,
}

impl Sandbox {
    /// Chooses what a sandbox has.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// Loads the image that [`Image::save`] or `eryx image build` wrote to a file. Nothing is made,
    /// and no cache is used.
    ///
    /// **Trust the file as you would trust a program**: what is in it runs as machine code, with
    /// all the rights of this process.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, can be written by everybody, is damaged, or was made by another
    /// version, for another system, or for a processor that can do more than this one.
    ///
    /// ```no_run
    /// use eryx::Sandbox;
    ///
    /// // Once, where there is time:
    /// let sandbox = Sandbox::builder().with_embedded_runtime().build()?;
    /// sandbox.image().save("sandbox.eryx".as_ref())?;
    ///
    /// // Wherever it is deployed:
    /// let sandbox = Sandbox::from_image_file("sandbox.eryx")?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    pub fn from_image_file(path: impl AsRef<Path>) -> Result<Self, BuildError> {
        Image::load(path.as_ref()).map(Self::new)
    }

    pub(crate) fn new(image: Image) -> Self {
        Self {
            image: Arc::new(image),
        }
    }

    /// Runs some Python code, in an instance of its own.
    ///
    /// What the code sees of earlier programs is nothing, and of the host's files and network it can
    /// reach none: it has a file system of its own, in memory, with Python and the packages to be
    /// read and `/tmp` to be written to, and sockets that connect only to each other.
    ///
    /// At most 128 programs run at a time in a process; others wait, and who comes first is served
    /// first. Dropping the future ends the code; while it computes it gives way to other futures about
    /// every 10 ms, so `tokio::time::timeout` and the like work on it.
    ///
    /// # Errors
    ///
    /// If the code raises an exception, exits with a status other than 0, or cannot go on; each
    /// with what it printed until then.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
    /// use eryx::ExecuteError;
    ///
    /// let result = sandbox.execute("print(6 * 7)").await?;
    /// assert_eq!(result.stdout, "42\n");
    ///
    /// match sandbox.execute("print('so far'); 1 / 0").await {
    ///     Err(ExecuteError::Exception { type_name, stdout, .. }) => {
    ///         assert_eq!(type_name, "ZeroDivisionError");
    ///         assert_eq!(stdout, "so far\n");
    ///     }
    ///     other => panic!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn execute(&self, code: &str) -> Result<ExecuteResult, ExecuteError> {
        self.run(Program::new(code)).await
    }

    /// Runs a program that has a name, arguments, or somewhere to send its output; otherwise as
    /// [`execute`](Self::execute).
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn run(&self, program: Program) -> Result<ExecuteResult, ExecuteError> {
        let (program, sink) = program.into_parts();
        from_run(self.image.run(program, sink).await)
    }

    /// What the sandbox is made of.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The hash of all that the sandbox is made of, as 64 hexadecimal digits: two sandboxes of one
    /// id have the same packages, byte for byte.
    pub fn image_id(&self) -> &str {
        self.image.id()
    }
}
