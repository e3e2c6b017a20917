// An administrator can have Grafana serve a plugin below a sub-path or from a CDN, so lazy chunks and .wasm files are
// loaded from the place that this module was loaded from.
import amdModule from 'amd-module';

__webpack_public_path__ = amdModule.uri.slice(0, amdModule.uri.lastIndexOf('/') + 1);
