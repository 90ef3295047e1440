/** A system call of the main thread, as strace wrote it. */
export type SystemCall = {
  readonly name: string;
  /** Which of the calls of that name it is, from 1. */
  readonly nth: number;
  /** Name and arguments. */
  readonly text: string;
  /** Whether the kernel refused it. */
  readonly failed: boolean;
};

/** Calls that change a file tree whatever their arguments are. */
const changing: ReadonlySet<string> = new Set([
  ...['mkdirat', 'renameat', 'renameat2', 'unlinkat', 'linkat', 'symlinkat', 'mknodat', 'fchownat', 'fchown'],
  ...['chmod', 'fchmodat', 'fchmodat2', 'fchmod', 'utimensat', 'setxattr', 'lsetxattr', 'fsetxattr'],
  ...['removexattr', 'lremovexattr', 'fremovexattr', 'copy_file_range', 'pwrite64', 'ftruncate', 'fallocate', 'syncfs'],
]);

/** Calls that change nothing, or nothing but the process itself. */
const harmless: ReadonlySet<string> = new Set([
  ...['access', 'arch_prctl', 'brk', 'clone', 'clone3', 'close', 'dup', 'dup2', 'dup3', 'epoll_create1', 'epoll_ctl'],
  ...['epoll_pwait', 'epoll_wait', 'eventfd2', 'execve', 'exit', 'exit_group', 'fcntl', 'fgetxattr', 'flistxattr'],
  ...[
    'fstat',
    'fstatfs',
    'fsync',
    'futex',
    'getcwd',
    'getdents64',
    'getegid',
    'geteuid',
    'getgid',
    'getpid',
    'getppid',
  ],
  ...[
    'getrandom',
    'getrlimit',
    'gettid',
    'getuid',
    'io_uring_enter',
    'io_uring_register',
    'io_uring_setup',
    'lgetxattr',
  ],
  ...['llistxattr', 'lseek', 'lstat', 'madvise', 'mmap', 'mprotect', 'mremap', 'munmap', 'newfstatat', 'open', 'pipe2'],
  ...['capget', 'poll', 'prctl', 'pread64', 'prlimit64', 'read', 'readlink', 'readlinkat', 'restart_syscall', 'rseq'],
  ...['rt_sigaction', 'rt_sigprocmask', 'rt_sigreturn', 'sched_getaffinity', 'sched_yield', 'set_robust_list'],
  ...['set_tid_address', 'setrlimit', 'sigaltstack', 'stat', 'statfs', 'statx', 'sysinfo', 'uname', 'umask'],
  ...['pkey_alloc', 'pkey_mprotect', 'getpriority', 'clock_getres', 'clock_gettime', 'clock_nanosleep', 'mincore'],
  ...['sched_getparam', 'sched_getscheduler', 'sched_setscheduler', 'membarrier', 'wait4', 'kill'],
  ...['getsockname', 'getsockopt', 'getpeername', 'shutdown', 'sendmsg', 'recvmsg'],
  ...['flock', 'vfork', 'waitid', 'socketpair', 'setsockopt'],
]);

/**
 * In what way a call changes a file tree: its name, with what makes it a change where only some of its calls are one;
 * null where it is none. Throws where a call is not known, so that no new way to change a tree is overlooked.
 */
export function changeOf({ name, text, failed }: SystemCall): string | null {
  if (changing.has(name)) return failed ? null : name;
  if (name === 'openat') return text.includes('O_CREAT') && !failed ? 'openat(O_CREAT)' : null;
  if (name === 'ioctl') return failed ? null : (/FS_IOC_SETFLAGS|FICLONE/.exec(text)?.[0] ?? null);
  // Files are written at an offset; this is for pipes, terminals and the event loop.
  if (name === 'write' && /^write\(\d+<(pipe|socket|anon_inode|\/dev\/)/.test(text)) return null;
  if (harmless.has(name)) return null;
  throw new Error(`not known whether it changes a tree: ${text}`);
}

/** What the C library reads whenever malloc wants to know how many processors there are: such a call is not counted. */
const processors = '/sys/devices/system/cpu/online';

/**
 * The calls of the main thread in a log of `strace -f` from the start of a program, in their order. Throws where another
 * thread changes a tree.
 */
export function callsIn(log: string): SystemCall[] {
  const lines = log.split('\n').map(parse);
  const byThread = Map.groupBy(lines, ({ thread }) => thread);
  const [first] = lines;
  const ofMain = callsOf(byThread.get(first?.thread ?? '') ?? []);
  byThread.delete(first?.thread ?? '');
  for (const call of [...byThread.values()].flatMap(callsOf)) {
    if (changeOf(call) !== null) throw new Error(`changed by another thread: ${call.text}`);
  }
  return ofMain;
}

/** The calls of one thread. A call that took a while has a second line that tells how it ended. */
function callsOf(lines: readonly Line[]): SystemCall[] {
  const counts = new Map<string, number>();
  return lines.flatMap(({ name, text, failed }, index) => {
    if (name === '' || text.includes(processors)) return [];
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    const next = lines[index + 1];
    return [{ name, nth, text, failed: failed || (next?.name === '' && next.failed) }];
  });
}

/** The text of the last call in a log, of whatever thread; null where there is none. */
export function lastCallIn(log: string): string | null {
  const last = log.split('\n').findLast((line) => parse(line).name !== '');
  return last === undefined ? null : parse(last).text;
}

/** Name and path of a call, without what the kernel writes into its arguments. */
export function subjectOf(text: string): string {
  const [subject = ''] = /^(\w+at|statx)\([^,]*, "[^"]*"|^\w+\([^,]*/.exec(text) ?? [];
  return subject;
}

/** A line of a log: its text is the call without its result, which is missing or another where it was cut off. */
type Line = Pick<SystemCall, 'name' | 'text' | 'failed'> & { readonly thread: string };

function parse(line: string): Line {
  const [, thread = '', name = '', rest = ''] = /^(\d+) +(?:(\w+)(\(.*))?/.exec(line) ?? [];
  const text = `${name}${rest.replace(/\)? +(= [^=]*|<unfinished \.\.\.>)$/, '')}`;
  return { thread, text, name, failed: / = -1 E\w+ /.test(line) };
}
