// Runs pysnn-run, built for WebAssembly, in Node: node --no-warnings wasi.mjs pysnn-run.wasm WORDS... It sees the folder it is started in.
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';

const [file, ...words] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: [file, ...words], preopens: { '.': '.' }, returnOnExit: true });
const program = await WebAssembly.compile(await readFile(file));
process.exitCode = wasi.start(await WebAssembly.instantiate(program, wasi.getImportObject()));
