/** Which kernels these are: what was measured of other kernels says nothing of them. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const sources = import.meta.glob<string>('../../shaders/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** 16 hex digits of the SHA-256 of all kernels' sources. */
export const kernelsVersion = bytesToHex(
  sha256(
    utf8ToBytes(
      Object.keys(sources)
        .sort()
        .map((name) => `${name}\n${sources[name]}`)
        .join('\n'),
    ),
  ),
).slice(0, 16);
