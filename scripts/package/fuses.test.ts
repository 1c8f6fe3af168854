import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { expect, it } from 'vitest';
import afterPack from './fuses.mjs';

it('decides every fuse of the packaged program', async () => {
  // A program with Electron's fuse wire in it: sentinel, version 1, nine fuses, all as Electron ships them.
  const folder = mkdtempSync(path.join(os.tmpdir(), 'singular-fuses-'));
  const program = path.join(folder, 'singular');
  const wire = Buffer.concat([Buffer.from('ELF…dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX', 'utf8'), Buffer.from([1, 9]), Buffer.from('101100111'), Buffer.from('…')]);
  writeFileSync(program, wire);

  await afterPack({ appOutDir: folder, electronPlatformName: 'linux', packager: { appInfo: { productFilename: 'Singular' }, executableName: 'singular' } });

  const after = await getCurrentFuseWire(program);
  expect(after[FuseV1Options.RunAsNode]).toBe(FuseState.DISABLE);
  expect(after[FuseV1Options.EnableNodeOptionsEnvironmentVariable]).toBe(FuseState.DISABLE);
  expect(after[FuseV1Options.EnableNodeCliInspectArguments]).toBe(FuseState.DISABLE);
  expect(after[FuseV1Options.GrantFileProtocolExtraPrivileges]).toBe(FuseState.DISABLE);
  expect(after[FuseV1Options.OnlyLoadAppFromAsar]).toBe(FuseState.ENABLE);
  expect(after[FuseV1Options.EnableEmbeddedAsarIntegrityValidation]).toBe(FuseState.ENABLE);
  expect(after[FuseV1Options.EnableCookieEncryption]).toBe(FuseState.ENABLE);
});
