import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulator } from './emulator.ts';

/** A disk of the machine; the guest finds it as /dev/disk/by-id/virtio-<name>. */
export type Disk = {
  readonly name: string;
  readonly file: string;
  /** Whether it refuses to be written. */
  readonly readOnly?: true;
  /** A file, empty at first, that gets a log of every write and flush, as test/crash/write-log.ts reads it. No discards. */
  readonly log?: string;
};

/** Of the package ovmf. */
const uefiFirmware = '/usr/share/OVMF/OVMF_CODE_4M.fd';

/** What is switched on. Files named `log` are written anew. */
export type Hardware = {
  readonly emulator: Emulator;
  readonly disks: readonly Disk[];
  /** Default `bios`. */
  readonly firmware?: 'bios' | 'uefi';
  /** Whether it has a watchdog, which resets it: Intel's 6300ESB. */
  readonly watchdog?: true;
  /** Whether it has a network, which QEMU itself plays, a server for addresses included. */
  readonly network?: true;
  /** Loaded by QEMU itself; without it the firmware starts the first disk. */
  readonly kernel?: { readonly file: string; readonly initrd: string; readonly cmdline: string };
  /** Whether a reset starts the machine again instead of ending it. */
  readonly restarts: boolean;
  readonly serialLog: string;
  readonly reportFile: string;
};

/** A running machine: its power switch and its serial console. */
export class Machine {
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #socket: Socket;
  #console = '';
  #read = 0;
  #lastShown = '';
  #on = true;

  constructor(process: ChildProcess, socket: Socket) {
    this.#process = process;
    this.#socket = socket;
    this.#exit = once(process, 'exit').then(() => {
      this.#on = false;
    });
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      this.#console += String(chunk);
    });
    socket.on('error', () => this.cutPower());
  }

  /** All that the serial console showed so far. */
  get console(): string {
    return this.#console;
  }

  /** What `shows` found last. */
  get lastShown(): string {
    return this.#lastShown;
  }

  /** Waits for a text after the last one that was waited for; false where it does not come in time or at all. */
  async shows(pattern: RegExp, seconds: number): Promise<boolean> {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const wasOn = this.#on;
      const match = pattern.exec(this.#console.slice(this.#read));
      if (match !== null) {
        this.#read += match.index + match[0].length;
        this.#lastShown = match[0];
        return true;
      }
      if (!wasOn) return false;
      await sleep(50);
    }
    return false;
  }

  /** Types at the serial console; `\r` is the Enter key. */
  type(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Nothing the guest still had in memory reaches its disks. */
  cutPower(): void {
    this.#process.kill('SIGKILL');
  }

  /** Waits until the machine is off; after `seconds` it is switched off and false comes back. */
  async off(seconds: number): Promise<boolean> {
    const limit = new AbortController();
    const late = sleep(seconds * 1000, false, { signal: limit.signal });
    const inTime = await Promise.race([this.#exit.then(() => true), late]);
    limit.abort();
    await late.catch(ignoreAbort);
    if (!inTime) this.cutPower();
    await this.#exit;
    return inTime;
  }
}

/** Switches a machine on. Throws where QEMU does not start. */
export async function startMachine(hardware: Hardware): Promise<Machine> {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-serial-'));
  const path = join(directory, 'socket');
  try {
    const { file, env } = hardware.emulator;
    const errors = openSync(`${hardware.serialLog}.qemu`, 'w');
    // A machine must not outlive the run that started it, however that ends.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', file, ...machineArguments(hardware, path)], {
      stdio: ['ignore', errors, errors],
      env: { ...process.env, ...env },
    });
    closeSync(errors);
    return new Machine(child, await connect(path, child, `${hardware.serialLog}.qemu`));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function connect(path: string, child: ChildProcess, log: string): Promise<Socket> {
  let running = true;
  child.once('exit', () => {
    running = false;
  });
  for (let attempt = 0; running && attempt < 200; attempt += 1) {
    const socket = createConnection(path);
    const connected = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      once(socket, 'error').then(
        () => false,
        () => false,
      ),
    ]);
    if (connected) return socket;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`QEMU did not start: see ${log}`);
}

/**
 * One processor and no more: two of them are slower under TCG. No AHCI and no SVM: each boot would load their drivers, and
 * nothing uses them. Without a source of randomness sshd waits for it.
 */
function machineArguments(hardware: Hardware, socket: string): readonly string[] {
  return [
    ...hardware.emulator.args,
    ...['-accel', 'tcg,thread=multi', '-machine', 'q35,sata=off', '-cpu', 'qemu64,-svm', '-smp', '1', '-m', '1024'],
    ...['-nodefaults', '-display', 'none'],
    ...firmwareArguments(hardware),
    ...(hardware.watchdog === true ? ['-device', 'i6300esb', '-action', 'watchdog=reset'] : []),
    ...(hardware.network === true ? networkArguments : []),
    ...(hardware.restarts ? [] : ['-no-reboot']),
    ...['-chardev', `socket,id=serial,path=${socket},server=on,wait=on,logfile=${hardware.serialLog}`],
    ...['-serial', 'chardev:serial', '-device', 'virtio-serial-pci'],
    ...['-chardev', `file,id=report,path=${hardware.reportFile}`],
    ...['-device', 'virtserialport,chardev=report,name=migrate.report'],
    ...['-object', 'rng-random,id=random,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=random'],
    ...hardware.disks.flatMap(diskArguments),
    ...kernelArguments(hardware),
  ];
}

/**
 * A server for addresses, a route, a resolver, and at 10.0.2.100 port 7 one that says `reached`. Without a program in the card
 * that would start the machine from the network.
 */
const networkArguments: readonly string[] = [
  ...['-netdev', 'user,id=network,guestfwd=tcp:10.0.2.100:7-cmd:echo reached'],
  ...['-device', 'virtio-net-pci,netdev=network,romfile='],
];

/** Without a disk for its variables the firmware forgets them, and starts what it finds on the first disk. */
function firmwareArguments({ firmware }: Hardware): readonly string[] {
  return firmware === 'uefi' ? ['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${uefiFirmware}`] : [];
}

function diskArguments(disk: Disk, index: number): readonly string[] {
  return [
    ...(disk.log === undefined ? plainDrive(disk) : loggedDrive(disk, disk.log)),
    ...['-device', `virtio-blk-pci,drive=${disk.name},serial=${disk.name},bootindex=${index + 1}`],
  ];
}

function plainDrive({ name, file, readOnly }: Disk): readonly string[] {
  const access = readOnly === true ? ',readonly=on' : '';
  return ['-drive', `if=none,id=${name},format=raw,file=${file},cache=unsafe,discard=unmap${access}`];
}

/** The guest's flushes end in the log: the files below need none. */
function loggedDrive({ name, file }: Disk, log: string): readonly string[] {
  const fileNode = (node: string, path: string): string =>
    `driver=file,node-name=${node},filename=${path},cache.no-flush=on`;
  return [
    ...['-blockdev', fileNode(`${name}-file`, file), '-blockdev', fileNode(`${name}-log`, log)],
    ...['-blockdev', `driver=blklogwrites,node-name=${name},file=${name}-file,log=${name}-log,log-sector-size=512`],
  ];
}

function kernelArguments({ kernel }: Hardware): readonly string[] {
  if (kernel === undefined) return [];
  return ['-kernel', kernel.file, '-initrd', kernel.initrd, '-append', kernel.cmdline];
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
