/** The module as the AMD loader knows it; `uri` is where it was loaded from. */
declare module 'amd-module' {
  const module: { uri: string };
  export default module;
}

/** Where the bundle looks for its lazy chunks and assets. */
declare let __webpack_public_path__: string;

interface ImportMeta {
  /** Every file of a folder that matches, as the bundler reads it. */
  webpackContext: (folder: string, options: { regExp: RegExp }) => { (file: string): unknown; keys: () => string[] };
}

declare module '*.wasm' {
  const url: string;
  export default url;
}
