//! `eryx image`: making images, and seeing to those that are kept.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use eryx::ImageStore;
use indicatif::{HumanBytes, HumanDuration};

use crate::contents::Contents;

/// How much of an id tells two images apart.
const SHORT: usize = 12;

#[derive(clap::Subcommand)]
pub(crate) enum Image {
    /// Make an image and write it to a file, for `eryx run --image` and `Sandbox::from_image_file`
    ///
    /// It can be used on every machine of this architecture and system, with this version of eryx.
    Build {
        #[command(flatten)]
        contents: Contents,

        /// The file, which is replaced if it is there
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },

    /// List the images that are kept, the one used last first
    List {
        #[command(flatten)]
        store: Store,
    },

    /// Remove what was not used for the longest time
    Prune {
        #[command(flatten)]
        store: Store,

        /// Until no more than this is left: bytes, or a number with KB, MB, GB, KiB, MiB or GiB
        #[arg(long, value_name = "SIZE", default_value = "0", value_parser = size)]
        keep: u64,
    },

    /// Print the folder in which images are kept
    Path {
        #[command(flatten)]
        store: Store,
    },
}

/// Which store.
#[derive(clap::Args)]
pub(crate) struct Store {
    /// The folder, instead of the user's cache folder
    #[arg(long, value_name = "FOLDER")]
    cache_dir: Option<PathBuf>,
}

impl Store {
    fn open(self) -> ImageStore {
        match self.cache_dir {
            Some(folder) => ImageStore::at(folder),
            None => ImageStore::of_user(),
        }
    }
}

pub(crate) fn run(command: Image, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Image::Build { contents, output } => contents.build(quiet)?.image().save(&output)?,
        Image::List { store } => list(&store.open())?,
        Image::Prune { store, keep } => {
            let pruned = store.open().prune(keep)?;
            println!(
                "removed {} files with {}",
                pruned.files,
                HumanBytes(pruned.bytes)
            );
        }
        Image::Path { store } => {
            let store = store.open();
            let path = store.path();
            let path = path.ok_or("this user has no cache folder: set HOME or ERYX_CACHE_DIR")?;
            println!("{}", path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(store: &ImageStore) -> Result<(), Box<dyn Error>> {
    let now = SystemTime::now();
    for image in store.list()? {
        let ago = now.duration_since(image.last_used).unwrap_or_default();
        println!(
            "{}  {:>10}  {:>12} ago  {}",
            image.id.get(..SHORT).unwrap_or(&image.id),
            HumanBytes(image.size).to_string(),
            HumanDuration(ago).to_string(),
            image.contents,
        );
    }
    Ok(())
}

/// Reads a size in bytes.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        unit => {
            return Err(format!(
                "{unit:?} is no unit; take KB, MB, GB, KiB, MiB or GiB"
            ));
        }
    };
    let number: u64 = number.parse().map_err(|_| "it begins with no number")?;
    number
        .checked_mul(factor)
        .ok_or_else(|| "it is larger than any folder".to_owned())
}
