// Builds the host page: Headlamp's own modules, as npm has them, around the plugin. Headlamp's
// built front end is on no registry.
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'url';
import { defineConfig } from 'vite';
import svgr from 'vite-plugin-svgr';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const empty = here('empty.js');

export default defineConfig({
  root: here('.'),
  base: '/',
  define: { global: 'globalThis', 'process.env': '{}' },
  plugins: [react(), svgr({ include: '**/*.svg', svgrOptions: { exportType: 'default' } })],
  resolve: {
    alias: [
      { find: /^path$/, replacement: 'path-browserify' },
      ...['fs', 'http', 'https', 'util'].map(name => ({
        find: new RegExp(`^(node:)?${name}$`),
        replacement: empty,
      })),
    ],
  },
  build: {
    outDir: here('../../bin/headlamp/host'),
    emptyOutDir: true,
    chunkSizeWarningLimit: 20000,
    minify: false,
    reportCompressedSize: false,
  },
});
