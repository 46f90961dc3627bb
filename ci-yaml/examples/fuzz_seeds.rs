//! Writes the repositories of the conformance cases as inputs for the fuzz targets: `fuzz_seeds FOLDER`, where the
//! folder is `fuzz/corpus`.

#[path = "../tests/properties/case.rs"]
mod case;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("the folder of the corpora is not given")?;
    let (pipeline, load) = (Path::new(&folder).join("ci_pipeline"), Path::new(&folder).join("ci_yaml_load"));
    std::fs::create_dir_all(&pipeline)?;
    std::fs::create_dir_all(&load)?;
    for case in case::all() {
        std::fs::write(pipeline.join(&case.name), case.text())?;
        for (number, file) in case.files.values().enumerate() {
            std::fs::write(load.join(format!("{}-{number}", case.name)), file)?;
        }
    }
    Ok(())
}
