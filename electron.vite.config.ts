/**
 * Builds what Electron loads: the privileged process as one JavaScript file in `out/main`, the preload as the
 * CommonJS that a sandboxed window needs, and the window itself. The engine and the command line are not built:
 * they run from their TypeScript in a plain Node, in a package as in a clone. What is in `dependencies` stays
 * outside the bundle: native libraries, and packages that read files beside them.
 */
import { defineConfig, type UserConfig } from 'electron-vite';
import windowConfig from './vite.config.ts';

const config: UserConfig = {
  main: {
    build: {
      outDir: 'out/main',
      target: 'node24',
      rolldownOptions: {
        input: { main: 'src/main/shells/desktop/main.ts' },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: 'src/preload/preload.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: windowConfig,
};

export default defineConfig(config);
