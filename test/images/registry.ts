import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Runs Debian's docker-registry on a free port of the loopback, and hands on its address; skopeo is told to do without TLS. */
export async function withRegistry(place: string, use: (address: string) => Promise<void>): Promise<void> {
  const address = `127.0.0.1:${await freePort()}`;
  const configuration = join(place, 'registry.yml');
  const storage = join(place, 'registry');
  writeFileSync(
    configuration,
    `version: 0.1\nstorage: {filesystem: {rootdirectory: ${storage}}}\nhttp: {addr: '${address}'}\n`,
  );
  const home = join(place, 'home');
  mkdirSync(join(home, '.config/containers'), { recursive: true });
  writeFileSync(
    join(home, '.config/containers/registries.conf'),
    `[[registry]]\nlocation = "${address}"\ninsecure = true\n`,
  );
  const registry = spawn('docker-registry', ['serve', configuration], { stdio: 'ignore' });
  const before = process.env['HOME'];
  process.env['HOME'] = home;
  try {
    await waitFor(address, registry);
    await use(address);
  } finally {
    if (before === undefined) delete process.env['HOME'];
    else process.env['HOME'] = before;
    registry.kill();
    await new Promise((resolve) => (registry.exitCode === null ? registry.once('exit', resolve) : resolve(null)));
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
