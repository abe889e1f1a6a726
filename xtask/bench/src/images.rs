//! The two images of all measurements: Python alone, and Python with numpy.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use eryx_runtime::{Image, ImageStore, OnProgress, Progress, Recipe, Runtime, Step};
use tempfile::TempDir;

use crate::Runs;
use crate::clock::{Moment, Time};
use crate::program;
use crate::snippets::Group;

/// The rows for the steps of building an image.
pub(crate) const STEPS: [(&str, Step); 5] = [
    ("check", Step::Check),
    ("link", Step::Link),
    ("fuse", Step::Fuse),
    ("compile", Step::Compile),
    ("boot", Step::Boot),
];

/// The rows for building a similar image, in a store that has the first one.
pub(crate) const REBUILDS: [&str; 2] =
    ["all of it, json imported as well", "all of it, tiny added"];

/// The row for all steps of building an image together.
pub(crate) const ALL_STEPS: &str = "all of it, in an empty store";

/// The images, with the times of building them.
pub(crate) struct Images {
    python: BuiltImage,
    numpy: BuiltImage,
}

/// An image, with the times of building it.
pub(crate) struct BuiltImage {
    recipe: Recipe,
    store: ImageStore,
    pub(crate) image: Image,
    /// For each run, the times of [`STEPS`]; empty if the image comes from the user's store.
    pub(crate) steps: Vec<[Time; STEPS.len()]>,
    /// For each run, the times of [`ALL_STEPS`] and [`REBUILDS`].
    pub(crate) whole: Vec<[Time; 1 + REBUILDS.len()]>,
    /// The number of functions that the last of [`REBUILDS`] compiled, and of all its functions.
    pub(crate) functions: Option<(usize, usize)>,
    /// The times of [`STEPS`] for the last of [`REBUILDS`].
    pub(crate) added: Option<[Time; STEPS.len()]>,
    /// The store's directory, which is removed when this is dropped.
    _directory: Option<TempDir>,
}

impl Images {
    /// Builds both images in empty stores if a row of [`STEPS`], [`ALL_STEPS`] or [`REBUILDS`] is
    /// selected; otherwise takes them from the user's store.
    pub(crate) fn build(
        runtime: &Runtime,
        runs: &Runs,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Self> {
        let mut rows = STEPS.iter().map(|(name, _)| name);
        let measures_builds =
            rows.any(|name| wanted(name)) || wanted(ALL_STEPS) || REBUILDS.into_iter().any(wanted);
        let image_of = |name: &str, recipe| {
            if !measures_builds {
                return BuiltImage::of_user(recipe, runtime);
            }
            let mut built: Option<BuiltImage> = None;
            for run in 1..=runs.builds {
                eprintln!("building the image of {name}, {run} of {}", runs.builds);
                // Only one store at a time takes space on the disk.
                let before = built.take().map(|built| (built.steps, built.whole));
                let (mut steps, mut whole) = before.unwrap_or_default();
                let new = BuiltImage::build(&recipe, runtime)?;
                steps.extend(&new.steps);
                whole.extend(&new.whole);
                built = Some(BuiltImage {
                    steps,
                    whole,
                    ..new
                });
            }
            built.context("the number of builds is zero")
        };
        let mut numpy = Recipe::default();
        for extension in eryx::extensions() {
            numpy.add_extension(extension)?;
        }
        Ok(Self {
            python: image_of("Python alone", Recipe::default())?,
            numpy: image_of("Python with numpy", numpy)?,
        })
    }

    /// Returns both images: Python alone, then Python with numpy.
    pub(crate) fn both(&self) -> [&BuiltImage; 2] {
        [&self.python, &self.numpy]
    }

    /// Returns the image for the snippets of a group.
    pub(crate) fn of(&self, group: Group) -> &Image {
        match group {
            Group::Python => &self.python.image,
            Group::Numpy => &self.numpy.image,
        }
    }

    /// Returns the versions of Python and numpy in the sandbox.
    pub(crate) fn versions(&self) -> Result<String> {
        let timed = program::run(&self.numpy.image, program::VERSIONS)?;
        Ok(timed.text().trim().to_owned())
    }
}

impl BuiltImage {
    fn of_user(recipe: Recipe, runtime: &Runtime) -> Result<Self> {
        let store = ImageStore::of_user();
        Ok(Self {
            image: Image::make(&recipe, &store, runtime, &silent())?,
            recipe,
            store,
            steps: Vec::new(),
            whole: Vec::new(),
            functions: None,
            added: None,
            _directory: None,
        })
    }

    /// Builds the image in an empty store, and then the [`REBUILDS`] in the same store.
    fn build(recipe: &Recipe, runtime: &Runtime) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let store = ImageStore::at(directory.path());
        let (image, progress) = build(recipe, &store, runtime)?;
        let steps = STEPS.map(|(_, step)| progress.time(step));

        let mut imported = recipe.clone();
        imported.add_preimport("json");
        let mut added = recipe.clone();
        added.add_extension(&eryx_ext_tiny::EXTENSION)?;
        let imported = build(&imported, &store, runtime)?.1;
        let added = build(&added, &store, runtime)?.1;
        Ok(Self {
            recipe: recipe.clone(),
            store,
            image,
            steps: vec![steps],
            whole: vec![[progress.whole(), imported.whole(), added.whole()]],
            functions: added.functions(),
            added: Some(STEPS.map(|(_, step)| added.time(step))),
            _directory: Some(directory),
        })
    }

    /// Loads the image from its store again, and measures the time.
    pub(crate) fn load(&self) -> Result<(Image, Time)> {
        let start = Moment::now();
        let runtime = self.image.runtime();
        let image = Image::make(&self.recipe, &self.store, runtime, &silent())?;
        let time = Moment::now().since(start);
        Ok((image, time))
    }
}

/// The progress reports of one build, with their times.
struct Recording {
    start: Moment,
    reports: Vec<(Progress, Moment)>,
    end: Moment,
}

/// Builds an image and records its progress.
fn build(recipe: &Recipe, store: &ImageStore, runtime: &Runtime) -> Result<(Image, Recording)> {
    let reports: Arc<Mutex<Vec<(Progress, Moment)>>> = Arc::default();
    let sink = reports.clone();
    let on_progress: OnProgress = Arc::new(move |progress| {
        let mut reports = sink.lock().unwrap_or_else(PoisonError::into_inner);
        reports.push((progress, Moment::now()));
    });
    let start = Moment::now();
    let image = Image::make(recipe, store, runtime, &on_progress)?;
    let end = Moment::now();
    let reports = std::mem::take(&mut *reports.lock().unwrap_or_else(PoisonError::into_inner));
    let recording = Recording {
        start,
        reports,
        end,
    };
    Ok((image, recording))
}

impl Recording {
    /// Returns the time of one step, from its first report to the next step's.
    fn time(&self, step: Step) -> Time {
        let mut reports = self.reports.iter();
        let Some((_, start)) = reports.find(|(report, _)| report.step == step) else {
            return Time::default();
        };
        let next = reports.find(|(report, _)| report.step != step);
        let end = next.map_or(self.end, |(_, moment)| *moment);
        end.since(*start)
    }

    /// Returns the time of the whole build.
    fn whole(&self) -> Time {
        self.end.since(self.start)
    }

    /// Returns the number of functions that were compiled, and of all functions, if any were reported.
    fn functions(&self) -> Option<(usize, usize)> {
        let reports = self.reports.iter().map(|(report, _)| report);
        let compiling = reports.filter(|report| report.step == Step::Compile);
        let last = compiling.max_by_key(|report| report.done)?;
        Some((last.done - last.reused.min(last.done), last.done))
    }
}

/// Returns a progress callback that does nothing.
fn silent() -> OnProgress {
    Arc::new(|_| ())
}
