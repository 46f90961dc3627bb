//! Starts a process: in a process group of its own, in its control group from its first moment.
//!
//! Done here rather than by the standard library for one reason: only `clone3` forks straight into a control
//! group. A process that moves itself there takes a lock that all forks of the machine wait for, and an RCU
//! grace period with it: 5 to 8 ms each time, several times what starting a shell takes.

use crate::cgroup::Entry;
use crate::image::Image;
use rustix::process::{Pid, PidfdFlags, pidfd_open, setpgid};
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// What a new process has as standard input, output and error.
pub(crate) struct Stdio {
    pub(crate) stdin: OwnedFd,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
}

/// What a new process is put into before it becomes its program.
#[derive(Default)]
pub(crate) struct Setting<'a> {
    /// Its control group.
    pub(crate) entry: Option<&'a Entry>,
    /// Its `oom_score_adj`, in digits.
    pub(crate) oom_score: Option<&'a CStr>,
    /// Whether it becomes the foreground of the terminal that is its standard input.
    pub(crate) foreground: bool,
}

/// A process that was just forked.
pub(crate) struct Spawned {
    pub(crate) pid: Pid,
    /// Nothing before Linux 5.3.
    pub(crate) handle: Option<OwnedFd>,
    /// Where a child that cannot become its program writes a [`Failure`].
    pub(crate) report: Report,
}

/// The way from a child that cannot become its program back to us.
pub(crate) struct Report(OwnedFd);

impl Report {
    /// What a child that has ended reported; nothing if it had become its program.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let mut bytes = [0; Failure::SIZE];
        let size = rustix::io::retry_on_intr(|| rustix::io::read(&self.0, &mut bytes)).ok()?;
        (size == bytes.len()).then(|| Failure::from_bytes(bytes))
    }
}

/// What a child that could not become its program reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Whether it got stuck at the working directory rather than at the program.
    pub(crate) at_directory: bool,
    errno: i32,
}

impl Failure {
    /// As many bytes as a report has.
    const SIZE: usize = 8;

    fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            at_directory: i32::from_ne_bytes([a, b, c, d]) == AT_DIRECTORY,
            errno: i32::from_ne_bytes([e, f, g, h]),
        }
    }

    pub(crate) fn source(self) -> io::Error {
        io::Error::from_raw_os_error(self.errno)
    }
}

const AT_DIRECTORY: i32 = 1;
const AT_START: i32 = 2;

/// Everything the child needs, laid out before the fork: it must not allocate.
struct Plan {
    path: *const libc::c_char,
    arguments: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    directory: *const libc::c_char,
    stdio: [RawFd; 3],
    report: RawFd,
    join: Option<RawFd>,
    /// Digits, or null.
    oom_score: *const libc::c_char,
    oom_score_size: usize,
    reset_handlers: bool,
    foreground: bool,
}

/// Forks a process that becomes the program. Whether it did is known when it has ended, from
/// [`Spawned::report`].
///
/// # Errors
/// When the system has no process or descriptor left.
pub(crate) fn spawn(image: &Image, stdio: &Stdio, setting: &Setting<'_>) -> io::Result<Spawned> {
    let entry = setting.entry;
    let (report, report_writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let mut plan = Plan {
        path: image.path.as_ptr(),
        arguments: pointers(&image.arguments),
        environment: pointers(&image.environment),
        directory: image.directory.as_ref().map_or(ptr::null(), |directory| directory.as_ptr()),
        stdio: [stdio.stdin.as_raw_fd(), stdio.stdout.as_raw_fd(), stdio.stderr.as_raw_fd()],
        report: report_writer.as_raw_fd(),
        join: None,
        oom_score: setting.oom_score.map_or(ptr::null(), CStr::as_ptr),
        oom_score_size: setting.oom_score.map_or(0, CStr::count_bytes),
        reset_handlers: false,
        foreground: setting.foreground,
    };
    let directory = entry.and_then(|entry| entry.directory.as_ref());
    let straight = if entry.is_none() || directory.is_some() {
        with_signals_blocked(|| clone_into(&plan, directory.map(AsRawFd::as_raw_fd)))
    } else {
        Err(io::ErrorKind::Unsupported.into())
    };
    let (pid, handle) = match straight {
        Ok(child) => child,
        // An old kernel, a filter that knows no clone3, or a group that takes no processes this way.
        Err(_) => {
            plan.join = entry.map(|entry| entry.procs.as_raw_fd());
            plan.reset_handlers = true;
            (with_signals_blocked(|| fork(&plan))?, None)
        }
    };
    // The child does the same: whoever comes first, the group is there from now on. It fails when the child has
    // become its program, which is late enough.
    let _ = setpgid(Some(pid), Some(pid));
    let handle = handle.or_else(|| pidfd_open(pid, PidfdFlags::empty()).ok());
    Ok(Spawned { pid, handle, report: Report(report) })
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// Keeps handlers of ours from running in the child before it has reset them.
#[allow(unsafe_code, reason = "nothing safe blocks signals for a moment")]
pub(crate) fn with_signals_blocked<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: both sets are initialised by libc before they are used; the mask is this thread's only and is
    // put back below. `work` does not unwind: it makes system calls.
    unsafe {
        let mut all = std::mem::zeroed();
        let mut before = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let result = work();
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
        result
    }
}

/// The kernel's `struct clone_args`, second version.
#[repr(C, align(8))]
#[derive(Default)]
struct CloneArguments {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

const CLONE_PIDFD: u64 = 0x1000;
const CLONE_CLEAR_SIGHAND: u64 = 0x1_0000_0000;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

#[allow(unsafe_code, reason = "clone3 has no safe wrapper")]
fn clone_into(plan: &Plan, cgroup: Option<RawFd>) -> io::Result<(Pid, Option<OwnedFd>)> {
    let mut handle: RawFd = -1;
    let mut arguments = CloneArguments {
        flags: CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        pidfd: (&raw mut handle).addr() as u64,
        exit_signal: libc::SIGCHLD as u64,
        ..CloneArguments::default()
    };
    if let Some(cgroup) = cgroup {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = u64::try_from(cgroup).map_err(io::Error::other)?;
    }
    // SAFETY: the arguments and what they point to outlive the call. No memory is shared, so this is a fork;
    // the child only calls `become_program`, which never returns and does what is safe after a fork.
    unsafe {
        let pid = libc::syscall(libc::SYS_clone3, &raw mut arguments, size_of::<CloneArguments>());
        match pid {
            -1 => Err(io::Error::last_os_error()),
            0 => become_program(plan),
            pid => Ok((pid_of(pid)?, (handle >= 0).then(|| OwnedFd::from_raw_fd(handle)))),
        }
    }
}

#[allow(unsafe_code, reason = "a fork has no safe wrapper")]
fn fork(plan: &Plan) -> io::Result<Pid> {
    // SAFETY: the child only calls `become_program`, which never returns and does what is safe after a fork.
    unsafe {
        match libc::fork() {
            -1 => Err(io::Error::last_os_error()),
            0 => become_program(plan),
            pid => pid_of(pid.into()),
        }
    }
}

fn pid_of(pid: libc::c_long) -> io::Result<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("not a process id"))
}

/// The child's side: sets itself up and becomes the program.
///
/// # Safety
/// Only for a child right after a fork. Every pointer of the plan must be valid and the lists end with null.
#[allow(unsafe_code, reason = "between fork and exec there is nothing but system calls")]
unsafe fn become_program(plan: &Plan) -> ! {
    // SAFETY: system calls that are safe after a fork, on what the caller promises to be valid; nothing here
    // allocates, locks or unwinds.
    unsafe {
        if let Some(procs) = plan.join {
            // A process that may not move stays outside; it is found by other means.
            libc::write(procs, c"0".as_ptr().cast(), 1);
        }
        libc::setpgid(0, 0);
        if !plan.oom_score.is_null() {
            let file = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
            // Without /proc, or to lower it without the rights, it stays as it is.
            if file != -1 {
                libc::write(file, plan.oom_score.cast(), plan.oom_score_size);
                libc::close(file);
            }
        }
        for (target, source) in (0..).zip(plan.stdio) {
            if libc::dup2(source, target) == -1 {
                fail(plan, AT_START);
            }
        }
        if plan.foreground {
            // Signals are blocked yet: a process in the background is not stopped for it.
            libc::tcsetpgrp(0, libc::getpid());
            // Whoever started this program in the background has made it deaf to keys; the person's shell is not to be.
            for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU] {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
        if !plan.directory.is_null() && libc::chdir(plan.directory) == -1 {
            fail(plan, AT_DIRECTORY);
        }
        if plan.reset_handlers {
            for signal in 1..=64 {
                reset_handler(signal);
            }
        }
        // Rust's runtime ignores it, which programs would inherit.
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
        libc::execve(plan.path, plan.arguments.as_ptr(), plan.environment.as_ptr());
        fail(plan, AT_START)
    }
}

/// Gives a signal that we handle its default meaning; what is ignored stays ignored.
///
/// # Safety
/// Only for a child right after a fork.
#[allow(unsafe_code, reason = "between fork and exec there is nothing but system calls")]
unsafe fn reset_handler(signal: i32) {
    // SAFETY: the action is initialised before it is read; sigaction is safe after a fork.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, ptr::null(), &mut action) == 0
            && action.sa_sigaction != libc::SIG_IGN
            && action.sa_sigaction != libc::SIG_DFL
        {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
}

/// Reports the last error to the parent and ends the child.
///
/// # Safety
/// Only for a child right after a fork.
#[allow(unsafe_code, reason = "between fork and exec there is nothing but system calls")]
unsafe fn fail(plan: &Plan, stage: i32) -> ! {
    // SAFETY: the report lives on the stack for the time of the call; write and _exit are safe after a fork.
    unsafe {
        let report = [stage, *libc::__errno_location()];
        libc::write(plan.report, report.as_ptr().cast(), Failure::SIZE);
        libc::_exit(127)
    }
}
