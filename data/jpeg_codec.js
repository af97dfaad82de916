// @ts-self-types="./jpeg_codec.d.ts"

/**
 * Fresh instances of MozJPEG's decoder and encoder.
 *
 * JavaScript, because TypeScript cannot parse a source-phase import yet. Such an import hands over
 * the compiled WebAssembly without a read permission, from a remote module too, where the package's
 * own loader would fetch a file.
 *
 * @module
 */

import createDecoder from "npm:@jsquash/jpeg@1.6.0/codec/dec/mozjpeg_dec.js";
import createEncoder from "npm:@jsquash/jpeg@1.6.0/codec/enc/mozjpeg_enc.js";
import source decoderModule from "npm:@jsquash/jpeg@1.6.0/codec/dec/mozjpeg_dec.wasm";
import source encoderModule from "npm:@jsquash/jpeg@1.6.0/codec/enc/mozjpeg_enc.wasm";

/** Starts a decoder that passes each complaint of the library to `onMessage`. */
export function startDecoder(onMessage) {
  return start(createDecoder, decoderModule, onMessage);
}

/** Starts an encoder that passes each complaint of the library to `onMessage`. */
export function startEncoder(onMessage) {
  return start(createEncoder, encoderModule, onMessage);
}

function start(create, module, onMessage) {
  // The package's start-up code takes Deno for Node and gives it a false `location`.
  const location = Object.getOwnPropertyDescriptor(globalThis, "location");
  const codec = create({
    noInitialRun: true,
    printErr: onMessage,
    instantiateWasm(imports, onInstance) {
      const instance = new WebAssembly.Instance(module, imports);
      onInstance(instance);
      return instance.exports;
    },
  });
  if (location) Object.defineProperty(globalThis, "location", location);
  else delete globalThis.location;
  return codec;
}
