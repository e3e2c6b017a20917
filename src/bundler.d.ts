/** This module as the AMD loader knows it; `uri` is the address that it was loaded from. */
declare module 'amd-module' {
  const module: { uri: string };
  export default module;
}

/** The address below which the bundle looks for its lazy chunks and assets. */
declare let __webpack_public_path__: string;

interface ImportMeta {
  /** Every file of `folder` whose path matches `regExp`, loaded by the bundler. */
  webpackContext: (folder: string, options: { regExp: RegExp }) => { (file: string): unknown; keys: () => string[] };
}

declare module '*.wasm' {
  const url: string;
  export default url;
}
