// Headlamp's own configuration polyfills Node's modules, which its modules then do not find.
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'url';
import svgr from 'vite-plugin-svgr';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react(), svgr({ include: '**/*.svg' })],
  resolve: {
    alias: [
      {
        find: /^(monaco-editor|@monaco-editor\/react)(\/.*)?$/,
        replacement: fileURLToPath(new URL('host/empty.js', import.meta.url)),
      },
    ],
  },
  test: {
    environment: 'jsdom',
    env: { UNDER_TEST: 'true' },
    include: ['src/**/*.test.{ts,tsx}'],
    server: { deps: { inline: [/@kinvolk\/headlamp-plugin/, /@mui/] } },
  },
});
