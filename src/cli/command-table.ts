import type { CommandRow } from './command-row.ts';

/**
 * The commands, in the order in which help lists them. A new one is a file in `commands`, which exports a function that
 * is given the context and returns builder and handler, and a row here; nothing else names it. A command of two words
 * has its row in the file of the first, such as `commands/volume.ts`. No file of a command is imported but by `load`.
 */
export const commandTable: readonly CommandRow[] = [
  {
    syntax: 'plan',
    describe: 'show what would be carried over, and why; changes nothing',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    syntax: 'apply',
    describe: "carry the old system's changes over into the new image's tree",
    load: async () => (await import('./commands/apply.ts')).applyCommand,
  },
  {
    syntax: 'diff [from] [to]',
    describe: 'show what was changed locally, and what the policy says of it; or in what two versions differ',
    load: async () => (await import('./commands/diff.ts')).diffCommand,
  },
  {
    syntax: 'explain <path>',
    describe: 'show which rule decides about a path, from which file and line',
    needs: 'a PATH',
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  {
    syntax: 'persist <kind> <name>',
    describe: "carry a path or a package's files from now on: a rule in the machine's own policy",
    needs: '"file PATH" or "pkg NAME"',
    load: async () => (await import('./commands/persist.ts')).persistCommand,
  },
  {
    syntax: 'forget <kind> <name>',
    describe: "take the machine's own rules about a path or a package away",
    needs: '"file PATH" or "pkg NAME"',
    load: async () => (await import('./commands/forget.ts')).forgetCommand,
  },
  {
    syntax: 'policy <action>',
    describe: 'check policies: syntax, and rules that have no effect on this machine',
    needs: '"check"',
    load: async () => (await import('./commands/policy.ts')).policyCommand,
  },
  {
    syntax: 'init',
    describe: 'put this machine into a store, with its root as the first version',
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    syntax: 'stage <source>',
    describe: 'make a version of an image, and have the next boot migrate to it',
    needs: 'an IMAGE, or the name of one in the store',
    load: async () => (await import('./commands/stage.ts')).stageCommand,
  },
  {
    syntax: 'status',
    describe: 'show which version runs, what is armed, how the last migration ended and what waits',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    syntax: 'versions',
    describe: 'show all versions as a graph: what each came from, its state, its image',
    load: async () => (await import('./commands/versions.ts')).versionsCommand,
  },
  {
    syntax: 'log [id]',
    describe: 'show what every migration decided and did, searchable by path',
    load: async () => (await import('./commands/log.ts')).logCommand,
  },
  {
    syntax: 'restore <path>',
    describe: 'get back a file or directory of a version or an image, such as one that a migration discarded',
    needs: 'a PATH',
    load: async () => (await import('./commands/restore.ts')).restoreCommand,
  },
  {
    syntax: 'export <name> <file>',
    describe: 'write the whole root of a version to a tar archive',
    needs: 'a VERSION and a FILE.tar.zst',
    load: async () => (await import('./commands/export.ts')).exportCommand,
  },
  {
    syntax: 'mount <name> <directory>',
    describe: 'mount the root of a version read-only at a directory',
    needs: 'a VERSION and a DIRECTORY',
    load: async () => (await import('./commands/mount.ts')).mountCommand,
  },
  {
    syntax: 'umount <directory>',
    describe: "take away what 'migrate mount' mounted",
    needs: 'a DIRECTORY',
    load: async () => (await import('./commands/mount.ts')).unmountCommand,
  },
  {
    syntax: 'rollback [id]',
    describe: 'have the next boot start an older version that was good',
    load: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  },
  {
    syntax: 'forward [id]',
    describe: 'have the next boot start a newer version that was good',
    load: async () => (await import('./commands/rollback.ts')).forwardCommand,
  },
  {
    syntax: 'reset [mode]',
    describe: 'have the next boot go back to the image: config, system or total; cancel that, or undo it',
    load: async () => (await import('./commands/reset.ts')).resetCommand,
  },
  {
    syntax: 'mark-good [id]',
    describe: 'say that a version has proven itself, and retire the one before',
    load: async () => (await import('./commands/mark-good.ts')).markGoodCommand,
  },
  {
    syntax: 'check',
    describe: 'run the health checks of this machine, and say which failed',
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  {
    syntax: 'entry [id]',
    describe: 'print what a boot loader needs to start a version',
    load: async () => (await import('./commands/entry.ts')).entryCommand,
  },
  {
    syntax: 'doctor',
    describe: 'find what would keep this machine from coming back by itself after a failed update',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    syntax: 'loader',
    describe: 'the boot loader of this machine: set, show, update, reconcile',
    loadGroup: async () => (await import('./commands/loader.ts')).loaderCommands,
  },
  {
    syntax: 'pin <id>',
    describe: "keep a version whatever 'migrate prune' says of others",
    needs: 'the id of a VERSION',
    load: async () => (await import('./commands/pin.ts')).pinCommand,
  },
  {
    syntax: 'unpin <id>',
    describe: 'let a version go when it is not needed any more',
    needs: 'the id of a VERSION',
    load: async () => (await import('./commands/pin.ts')).unpinCommand,
  },
  {
    syntax: 'prune',
    describe: 'remove old versions with what only they use; never what runs, is good, pinned or the last fallback',
    load: async () => (await import('./commands/prune.ts')).pruneCommand,
  },
  {
    syntax: 'image',
    describe: 'images that versions are made from: ls, rm, verify',
    loadGroup: async () => (await import('./commands/image.ts')).imageCommands,
  },
  {
    syntax: 'volume',
    describe: 'volumes, branches and tags: ls, create, branch, tag, destroy, log, diff, mount, hold, gc, fsck …',
    loadGroup: async () => (await import('./commands/volume.ts')).volumeCommands,
  },
  {
    syntax: 'push <name> <remote>',
    describe: 'send a branch as it is now, or a tag, to another store',
    needs: 'VOLUME[/BRANCH] or TAG@VOLUME, and a REMOTE',
    load: async () => (await import('./commands/push.ts')).pushCommand,
  },
  {
    syntax: 'fetch <first> [remote]',
    describe: 'get tags of another store; branches here stay as they are',
    needs: 'what to fetch, if not all, and a REMOTE',
    load: async () => (await import('./commands/fetch.ts')).fetchCommand,
  },
  {
    syntax: 'pull <name> <remote>',
    describe: 'fetch a branch, and have the branch here go on with it where that was not changed',
    needs: 'VOLUME/BRANCH and a REMOTE',
    load: async () => (await import('./commands/pull.ts')).pullCommand,
  },
  {
    syntax: 'remote',
    describe: 'other stores, and repositories of restic, that tags are sent to: add, ls, rm',
    loadGroup: async () => (await import('./commands/remote.ts')).remoteCommands,
  },
  {
    syntax: 'store',
    describe: 'make a store of volumes',
    loadGroup: async () => (await import('./commands/store.ts')).storeCommands,
  },
  {
    syntax: 'serve',
    describe: 'answer push, fetch and pull of other machines on standard input and output, as sshd starts it',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  {
    syntax: 'boot',
    describe: 'in the initramfs: make the version that the kernel command line asks for',
    load: async () => (await import('./commands/boot.ts')).bootCommand,
  },
  {
    syntax: 'completion',
    describe: 'print a completion script for bash',
    load: async () => (await import('./commands/completion.ts')).completionCommand,
  },
];

/** What runs where no command is named: `migrate --dry-run`. */
export const loadDryRun = async () => (await import('./commands/dry-run.ts')).dryRunCommand;
