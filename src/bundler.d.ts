/** The module as the AMD loader knows it; `uri` is where it was loaded from. */
declare module 'amd-module' {
  const module: { uri: string };
  export default module;
}

/** Where the bundle looks for its lazy chunks and assets. */
declare let __webpack_public_path__: string;

declare module '*.wasm' {
  const url: string;
  export default url;
}
