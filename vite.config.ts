/** Builds the window. Both shells serve the same result, `out/renderer`. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'src/renderer',
  base: './',
  publicDir: 'public',
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: '../../out/renderer',
    emptyOutDir: true,
    target: 'es2023',
    // The content policy allows no inline script and no data: script; every asset is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  server: { host: '127.0.0.1' },
});
