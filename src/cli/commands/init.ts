import type { Argv } from 'yargs';
import { displayBytes, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { versionDocument } from '../../domain/version-json.ts';
import type { InitializedMachine, InitRequest } from '../../flows/staging/init-machine.ts';
import type { InitVolumes } from '../../flows/staging/init-volumes.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { importOptions, importSource } from '../import-source.ts';
import { jsonOption, requireRoot, rootOption } from '../options.ts';
import { printResult } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({
      image: {
        type: 'string',
        requiresArg: true,
        describe: 'the image that this machine was made from; without it, changes are told from package checksums',
      },
      ...importOptions,
      host: {
        type: 'string',
        requiresArg: true,
        describe: 'what to call this machine in names of branches; else its host name',
      },
      store: {
        type: 'string',
        requiresArg: true,
        describe: 'a store made by migrate store create, in whose pool the root is a volume',
      },
      volumes: { type: 'boolean', default: true, describe: 'declare volumes for data' },
      'no-volumes': { type: 'boolean', default: false, describe: 'leave /home and /srv in the root' },
      ...rootOption,
      ...jsonOption,
    })
    .hide('volumes')
    .example('$0 init --image image-41.tar.zst', 'the root that runs becomes the first version')
    .epilogue(
      'The store is /migrate in the top of the filesystem of the root. A root that is a subvolume of btrfs moves into it, and\n' +
        'a link stays under its old name, so that the machine starts as before. A rescue tool that knows no links finds it\n' +
        'there. A root that is an ext4, xfs or f2fs filesystem of its own stays as and where it is; its image must be named.\n' +
        'A root on a thin volume of LVM or on a dataset of ZFS stays too; its store, on a filesystem of its own that is mounted\n' +
        'at /migrate, is made before by migrate store create and named by --store.\n' +
        '/home and /srv are declared as volumes, in /etc/migrate/volumes.d/10-init.volume: from the next version on, data in\n' +
        'them is shared by all versions.',
    );
}

/** `migrate init`: puts a machine under a store. */
export function initCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, storeKinds, console, finish } = context;
      requireRoot(system, 'init');
      const { initMachine } = await import('../../flows/staging/init-machine.ts');
      const { initVolumesFile } = await import('../../flows/staging/init-volumes.ts');
      const { initInStore } = await import('../../flows/staging/init-in-store.ts');
      const { image, root, host = null } = args;
      if (image === undefined) refuseWithoutImage(args);
      const request: InitRequest = {
        ...{ root, host, storeKinds, declareVolumes: args.volumes && !args['no-volumes'] },
        importBase: image === undefined ? null : (place) => importSource(context, place, { ...args, source: image }),
      };
      const { version, store, subvolume, volumes } = await (args.store === undefined
        ? initMachine(system, request)
        : initInStore(system, { ...request, directory: args.store }));
      printResult(console, args, {
        document: {
          ...{ schema: 'migrate.initialized/1', store, subvolume, version: versionDocument(version) },
          volumes: volumesDocument(volumes),
        },
        text: [
          ...placesText({ store, subvolume, version }, args.store !== undefined),
          ...volumesText(volumes, initVolumesFile),
          ...(version.base === null
            ? ['Its image is not known: the next migration tells changes from package checksums']
            : []),
          '',
        ].join('\n'),
      });
      finish(exitCodes.done);
    },
  };
}

function placesText({ store, subvolume, version }: Omit<InitializedMachine, 'volumes'>, inPool: boolean): string[] {
  const machine = `this machine is its version ${version.id}`;
  if (inPool) return [`The store is ${store}; ${machine}`, `The root is the volume ${subvolume}, and starts as before`];
  return [
    `The store is ${store} in the top of the filesystem; ${machine}`,
    subvolume === '/'
      ? 'The root is the filesystem itself, and starts as before'
      : `The root lies in it, and starts under the name ${subvolume} as before`,
  ];
}

function volumesText(volumes: InitVolumes | null, file: string): string[] {
  if (volumes === null) return [];
  const { declared, leftOut } = volumes;
  const places = declared.map(({ name, mountPoint }) => `${name} at ${displayBytes(mountPoint)}`).join(', ');
  return [
    ...(declared.length === 0 ? [] : [`Volumes of data, from the next version on: ${places}; ${file} declares them`]),
    ...leftOut.map(({ mountPoint, why }) => `Not made a volume: ${displayBytes(mountPoint)}, since ${why}`),
  ];
}

/** Null where none were to be declared. */
function volumesDocument(volumes: InitVolumes | null): unknown {
  if (volumes === null) return null;
  return {
    declared: volumes.declared.map(({ name, mountPoint }) => ({ name, mountPoint: textOrBytes(mountPoint) })),
    leftOut: volumes.leftOut.map(({ mountPoint, why }) => ({ mountPoint: textOrBytes(mountPoint), why })),
  };
}

/** What is asked of an image must not be passed over where none is named. */
function refuseWithoutImage(args: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(importOptions).find((option) => args[option] !== undefined);
  if (given === undefined) return;
  throw new Failure({
    code: 'usage',
    kind: 'input',
    message: `--${given} is about the image that this machine was made from, and no --image is named`,
    advice: 'See migrate init --help',
  });
}
