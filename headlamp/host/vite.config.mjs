// Builds the host page: Headlamp's own modules, as npm has them, around the plugin. Headlamp's
// built front end is on no registry.
import react from '@vitejs/plugin-react';
import { existsSync, readdirSync, readFileSync } from 'fs';
import { fileURLToPath } from 'url';
import { defineConfig } from 'vite';
import svgr from 'vite-plugin-svgr';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const empty = here('empty.js');

// Headlamp's front end has the icons that its modules name; its package does not, and the modules
// would ask a server on the Internet for them.
const icons = {
  name: 'icons',
  resolveId: id => (id === 'virtual:icons' ? id : undefined),
  load(id) {
    if (id !== 'virtual:icons') {
      return undefined;
    }
    const modules = here('../node_modules/@kinvolk/headlamp-plugin/lib');
    const names = new Set();
    for (const file of filesIn(modules)) {
      for (const [, name] of readFileSync(file, 'utf8').matchAll(/['"]mdi:([a-z0-9-]+)['"]/g)) {
        if (existsSync(here(`../node_modules/@iconify/icons-mdi/${name}.js`))) {
          names.add(name);
        }
      }
    }
    const all = [...names];
    return [
      "import { addIcon } from '@iconify/react';",
      ...all.map((name, i) => `import i${i} from '@iconify/icons-mdi/${name}';`),
      ...all.map((name, i) => `addIcon('mdi:${name}', i${i});`),
    ].join('\n');
  },
};

function filesIn(directory) {
  return readdirSync(directory, { recursive: true })
    .filter(name => name.endsWith('.js'))
    .map(name => `${directory}/${name}`);
}

export default defineConfig({
  root: here('.'),
  base: '/',
  define: { global: 'globalThis', 'process.env': '{}' },
  plugins: [icons, react(), svgr({ include: '**/*.svg', svgrOptions: { exportType: 'default' } })],
  resolve: {
    alias: [
      // The editor of YAML, half of the bytes, which no page here shows.
      { find: /^(monaco-editor|@monaco-editor\/react)(\/.*)?$/, replacement: empty },
      { find: /^elkjs(\/.*)?$/, replacement: empty },
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
    reportCompressedSize: false,
    rollupOptions: { shimMissingExports: true },
  },
});
