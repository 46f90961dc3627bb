//! A shell for a person in a container.

mod keyboard;
mod raw;
mod screen;

use crate::connect::answer;
use crate::place::Place;
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as EngineError;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::ResizeExecOptionsBuilder;
use executor::{Exit, RunError, Session, Terminal};
use futures_util::{Stream, StreamExt as _};
use keyboard::Keyboard;
use raw::Raw;
use rustix::termios::tcgetwinsize;
use screen::Screen;
use std::ffi::OsString;
use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Keys that nobody types by chance: Docker's own would swallow the shell's Ctrl-P.
const DETACH_KEYS: &str = "ctrl-@,ctrl-_,ctrl-@";

/// Runs the container's shell on a terminal until it ends. Given up, the terminal is as it was before; the shell ends
/// with its container.
///
/// # Errors
/// [`RunError`].
pub(crate) async fn converse(docker: &Docker, place: &Place, session: Session) -> Result<Exit, RunError> {
    let Session { environment, directory, terminal } = session;
    let Some(shell) = &place.hello.shell else {
        return Err(RunError::Refused { message: "the image has no shell: bash or sh is needed".to_owned() });
    };
    let config = ExecConfig {
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(true),
        detach_keys: Some(DETACH_KEYS.to_owned()),
        env: Some(variables(environment, &terminal)),
        cmd: Some(vec![shell.to_string_lossy().into_owned()]),
        working_dir: Some(directory.to_string_lossy().into_owned()),
        ..ExecConfig::default()
    };
    let refused = |error: &EngineError| RunError::Refused {
        message: format!("no shell can be opened in the job's container: {}", answer(error)),
    };
    let resized = signal(SignalKind::window_change()).map_err(|source| RunError::Lost { source })?;
    let id = docker.create_exec(&place.id, config).await.map_err(|error| refused(&error))?.id;
    let start = StartExecOptions { detach: false, tty: true, output_capacity: None };
    let started = docker.start_exec(&id, Some(start)).await.map_err(|error| refused(&error))?;
    let StartExecResults::Attached { output, input } = started else {
        return Err(RunError::Refused { message: "the engine does not attach to a shell".to_owned() });
    };
    let talked = talk(docker, &id, output, input, &terminal, resized).await;
    talked.map_err(|source| RunError::Lost { source })?;
    let ended = docker.inspect_exec(&id).await.map_err(|error| RunError::Gone { message: answer(&error) })?;
    let code = ended.exit_code.and_then(|code| i32::try_from(code).ok());
    Ok(Exit::Code(code.unwrap_or_default()))
}

/// Hands on what either side says, until the shell ends.
async fn talk(
    docker: &Docker,
    id: &str,
    output: impl Stream<Item = Result<LogOutput, EngineError>> + Unpin,
    input: impl AsyncWrite + Unpin,
    terminal: &Terminal,
    resized: Signal,
) -> io::Result<()> {
    let _raw = Raw::make(&terminal.input);
    let mut keyboard = Keyboard::listen(terminal.input.try_clone()?)?;
    let screen = Screen::open(terminal.output.try_clone()?)?;
    tokio::select! {
        biased;
        shown = show(output, &screen) => shown?,
        never = fit(docker, id, terminal, resized) => match never {},
        typed = hand_on(&mut keyboard, input) => typed?,
    }
    screen.finish().await;
    Ok(())
}

async fn show(
    mut output: impl Stream<Item = Result<LogOutput, EngineError>> + Unpin,
    screen: &Screen,
) -> io::Result<()> {
    while let Some(piece) = output.next().await {
        screen.write(piece.map_err(io::Error::other)?.into_bytes()).await?;
    }
    Ok(())
}

/// Sends keys. Where nothing more can be typed, or sent, the shell is still listened to.
async fn hand_on(keyboard: &mut Keyboard, mut input: impl AsyncWrite + Unpin) -> io::Result<()> {
    while let Some(keys) = keyboard.typed().await {
        if input.write_all(&keys).await.is_err() || input.flush().await.is_err() {
            break;
        }
    }
    // An end of input that a terminal's shell understands: Ctrl-D.
    let _ = input.write_all(b"\x04").await;
    let _ = input.flush().await;
    std::future::pending().await
}

/// Keeps the size of the shell's terminal that of the person's.
async fn fit(
    docker: &Docker,
    id: &str,
    terminal: &Terminal,
    mut resized: Signal,
) -> std::convert::Infallible {
    loop {
        if let Ok(size) = tcgetwinsize(&terminal.output) {
            let options =
                ResizeExecOptionsBuilder::new().h(i32::from(size.ws_row)).w(i32::from(size.ws_col)).build();
            if let Err(error) = docker.resize_exec(id, options).await {
                tracing::debug!(%error, "the size of a terminal cannot be told");
            }
        }
        if resized.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// `NAME=value`, as far as an engine takes it.
fn variables(environment: Vec<(OsString, OsString)>, terminal: &Terminal) -> Vec<String> {
    let kind = Some(("TERM".into(), terminal.kind.clone())).filter(|(_, kind)| !kind.is_empty());
    let all = environment.into_iter().chain(kind);
    let text = all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(name, value)| !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0'))
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}
