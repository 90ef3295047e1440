import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Runs Debian's docker-registry on a free port of the loopback, and hands on its address; skopeo is told to do without TLS. */
export async function withRegistry(place: string, use: (address: string) => Promise<void>): Promise<void> {
  const address = `127.0.0.1:${await freePort()}`;
  await withHome(place, address, () => withServed(place, address, use));
}

/** A server that takes every connection and never says a word; hands on its address. */
export async function withMuteRegistry(place: string, use: (address: string) => Promise<void>): Promise<void> {
  const connections = new Set<Socket>();
  const server = createServer((connection) => connections.add(connection));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await withHome(place, address, () => use(address));
  } finally {
    for (const connection of connections) connection.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function withServed(place: string, address: string, use: (address: string) => Promise<void>): Promise<void> {
  const configuration = join(place, 'registry.yml');
  const storage = join(place, 'registry');
  writeFileSync(
    configuration,
    `version: 0.1\nstorage: {filesystem: {rootdirectory: ${storage}}}\nhttp: {addr: '${address}'}\n`,
  );
  const registry = spawn('docker-registry', ['serve', configuration], { stdio: 'ignore' });
  try {
    await waitFor(address, registry);
    await use(address);
  } finally {
    registry.kill();
    await new Promise((resolve) => (registry.exitCode === null ? registry.once('exit', resolve) : resolve(null)));
  }
}

/** With a home directory that tells skopeo to speak to the address without TLS. */
async function withHome(place: string, address: string, use: () => Promise<void>): Promise<void> {
  const home = join(place, 'home');
  mkdirSync(join(home, '.config/containers'), { recursive: true });
  writeFileSync(
    join(home, '.config/containers/registries.conf'),
    `[[registry]]\nlocation = "${address}"\ninsecure = true\n`,
  );
  const before = process.env['HOME'];
  process.env['HOME'] = home;
  try {
    await use();
  } finally {
    if (before === undefined) delete process.env['HOME'];
    else process.env['HOME'] = before;
  }
}

async function waitFor(address: string, registry: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100 && registry.exitCode === null; tries++) {
    const answer = await fetch(`http://${address}/v2/`).catch(() => null);
    if (answer?.ok === true) return;
    await setTimeout(100);
  }
  throw new Error('docker-registry does not answer');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
