//! The two images that everything is measured with: Python alone, and with numpy.

use std::cell::RefCell;

use anyhow::{Context, Result};
use eryx_runtime::{Image, ImageStore, Recipe, Step};
use tempfile::TempDir;

use crate::Runs;
use crate::clock::{Moment, Time};
use crate::program;
use crate::snippets::Group;

/// The steps of making an image, by the names of their rows.
pub(crate) const MAKING: [(&str, Step); 4] = [
    ("check", Step::Check),
    ("link", Step::Link),
    ("boot and snapshot", Step::Boot),
    ("compile", Step::Compile),
];

pub(crate) struct Images {
    python: Made,
    numpy: Made,
}

/// An image, and what it took to make it.
pub(crate) struct Made {
    recipe: Recipe,
    store: ImageStore,
    pub(crate) image: Image,
    /// For each run, the times of [`MAKING`]; empty if the image was taken from the user's store.
    pub(crate) steps: Vec<[Time; MAKING.len()]>,
    /// The folder is removed with it.
    _folder: Option<TempDir>,
}

impl Images {
    /// Makes both images anew if a step of that is wanted; takes them from the user's store
    /// otherwise.
    pub(crate) fn make(runs: &Runs, wanted: &dyn Fn(&str) -> bool) -> Result<Self> {
        let anew = MAKING.iter().any(|(name, _)| wanted(name));
        let made = |name: &str, recipe| {
            if !anew {
                return Made::of_user(recipe);
            }
            let mut made = None;
            let mut steps = Vec::new();
            for run in 1..=runs.makes {
                eprintln!("making the image of {name}, {run} of {}", runs.makes);
                // One at a time on the disk.
                drop(made.take());
                let new = Made::anew(&recipe)?;
                steps.extend(&new.steps);
                made = Some(new);
            }
            let made = made.context("an image is to be made at least once")?;
            Ok(Made { steps, ..made })
        };
        let mut numpy = Recipe::default();
        for extension in eryx::extensions() {
            numpy.add_extension(extension)?;
        }
        Ok(Self {
            python: made("Python alone", Recipe::default())?,
            numpy: made("Python with numpy", numpy)?,
        })
    }

    /// Both, Python alone first.
    pub(crate) fn both(&self) -> [&Made; 2] {
        [&self.python, &self.numpy]
    }

    /// The image that snippets of a group run in.
    pub(crate) fn of(&self, group: Group) -> &Image {
        match group {
            Group::Python => &self.python.image,
            Group::Numpy => &self.numpy.image,
        }
    }

    /// The versions of what is in the sandbox, as it says itself.
    pub(crate) fn versions(&self) -> Result<String> {
        let timed = program::run(&self.numpy.image, program::VERSIONS)?;
        Ok(timed.text().trim().to_owned())
    }
}

impl Made {
    fn of_user(recipe: Recipe) -> Result<Self> {
        let store = ImageStore::of_user()?;
        Ok(Self {
            image: Image::make(&recipe, &[], &store, &|_| ())?,
            recipe,
            store,
            steps: Vec::new(),
            _folder: None,
        })
    }

    /// Makes it in an empty store.
    fn anew(recipe: &Recipe) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = ImageStore::at(folder.path());
        let begun = RefCell::new(Vec::new());
        let image = Image::make(recipe, &[], &store, &|step| {
            begun.borrow_mut().push((step, Moment::now()));
        })?;
        let end = Moment::now();
        let begun = begun.into_inner();
        let steps = MAKING.map(|(_, step)| {
            let position = begun.iter().position(|(other, _)| *other == step);
            let Some(position) = position else {
                return Time::default();
            };
            let next = begun.get(position + 1).map_or(end, |(_, moment)| *moment);
            next.since(begun[position].1)
        });
        Ok(Self {
            recipe: recipe.clone(),
            store,
            image,
            steps: vec![steps],
            _folder: Some(folder),
        })
    }

    /// Takes the image from its store once more.
    pub(crate) fn load(&self) -> Result<(Image, Time)> {
        let start = Moment::now();
        let image = Image::make(&self.recipe, &[], &self.store, &|_| ())?;
        let time = Moment::now().since(start);
        Ok((image, time))
    }
}
