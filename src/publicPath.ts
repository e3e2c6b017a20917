// Grafana serves a plugin below a sub-path or from a CDN as its administrator likes, so lazy chunks and .wasm are
// loaded from wherever this module itself came from.
import amdModule from 'amd-module';

__webpack_public_path__ = amdModule.uri.slice(0, amdModule.uri.lastIndexOf('/') + 1);
