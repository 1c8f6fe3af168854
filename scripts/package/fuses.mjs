/**
 * Electron's fuses, burnt into the packaged binary: it runs our archive and nothing else. Without them anybody who
 * can start the program could turn it into a Node with its rights (`ELECTRON_RUN_AS_NODE`, `--inspect`, NODE_OPTIONS).
 * `strictlyRequireAllFuses`: a fuse that a later Electron adds has to be decided here before the package builds.
 */
import path from 'node:path';
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';

export const fuses = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  // The window comes over app://; file:// gets no rights.
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
};

/** Where electron-builder has put the program that is being packaged. */
function programOf({ appOutDir, electronPlatformName, packager }) {
  const name = packager.appInfo.productFilename;
  if (electronPlatformName === 'darwin' || electronPlatformName === 'mas') return path.join(appOutDir, `${name}.app`, 'Contents', 'MacOS', name);
  return path.join(appOutDir, electronPlatformName === 'win32' ? `${name}.exe` : packager.executableName);
}

/** electron-builder's `afterPack`: after the files are in place, before anything is signed. */
export default async function afterPack(context) {
  await flipFuses(programOf(context), {
    ...fuses,
    // Changing the binary breaks its ad-hoc signature, without which an ARM Mac does not start it.
    resetAdHocDarwinSignature: context.electronPlatformName === 'darwin',
  });
}
