//! `eryx image`: builds images and manages the image cache.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use eryx::ImageStore;
use indicatif::{HumanBytes, HumanDuration};

use crate::contents::Contents;

/// The number of digits of an image id that `eryx image list` prints.
const SHORT_ID: usize = 12;

#[derive(clap::Subcommand)]
pub(crate) enum Image {
    /// Build an image and write it to a file
    ///
    /// `eryx run --image` and `Sandbox::from_image_file` load the file, on any machine with this
    /// architecture and operating system, and with this version of eryx.
    Build {
        #[command(flatten)]
        contents: Contents,

        /// Write the image to this file, and replace an older one
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },

    /// List the images in the cache, the most recently used first
    List {
        #[command(flatten)]
        store: Store,
    },

    /// Remove the least recently used entries from the cache
    Prune {
        #[command(flatten)]
        store: Store,

        /// Keep entries of at most this total size: bytes, or with KB, MB, GB, KiB, MiB or GiB
        #[arg(long, value_name = "SIZE", default_value = "0", value_parser = size)]
        keep: u64,
    },

    /// Print the cache directory
    Path {
        #[command(flatten)]
        store: Store,
    },
}

/// The option that chooses the image cache.
#[derive(clap::Args)]
pub(crate) struct Store {
    /// Use this cache directory instead of the user's, or of `ERYX_CACHE_DIR`
    #[arg(long, value_name = "DIRECTORY")]
    cache_dir: Option<PathBuf>,
}

impl Store {
    fn open(self) -> ImageStore {
        match self.cache_dir {
            Some(directory) => ImageStore::at(directory),
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
                "removed {} files, {}",
                pruned.files,
                HumanBytes(pruned.bytes)
            );
        }
        Image::Path { store } => {
            let store = store.open();
            let path = store.path();
            let path = path.ok_or(
                "cache: this user has no cache directory; set ERYX_CACHE_DIR or HOME, or give \
                 --cache-dir",
            )?;
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
            image.id.get(..SHORT_ID).unwrap_or(&image.id),
            HumanBytes(image.size).to_string(),
            HumanDuration(ago).to_string(),
            image.contents,
        );
    }
    Ok(())
}

/// Parses a size, such as `2GiB`, into bytes.
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
                "{unit:?} is not a unit; use KB, MB, GB, KiB, MiB or GiB"
            ));
        }
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "not a size; begin with a whole number, as in 2GiB")?;
    number
        .checked_mul(factor)
        .ok_or_else(|| "too large; give less than 2^64 bytes".to_owned())
}
