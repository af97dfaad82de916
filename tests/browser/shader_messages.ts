/**
 * What the browser's shader compiler says of the programs that it is given.
 *
 * @module
 */

/** Listens from now on; the function returned tells what has been said until it is called. */
export function shaderMessages(): () => Promise<string[]> {
  const modules: GPUShaderModule[] = [];
  if (typeof GPUDevice === "function") {
    const { createShaderModule } = GPUDevice.prototype;
    GPUDevice.prototype.createShaderModule = function (descriptor) {
      const module = createShaderModule.call(this, descriptor);
      modules.push(module);
      return module;
    };
  }
  return async () => (await Promise.all(modules.map(messagesOf))).flat();
}

async function messagesOf(module: GPUShaderModule): Promise<string[]> {
  const { messages } = await module.getCompilationInfo();
  return messages.map(({ type, lineNum, linePos, message }) =>
    `${module.label}:${lineNum}:${linePos}: ${type}: ${message}`
  );
}
