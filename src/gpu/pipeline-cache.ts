/** Compute pipelines by (source after substitution), compiled once, with errors that show the offending line. */
import { specialize, type Shader, type Variant } from './shader.ts';

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const bufferTypes = { read: 'read-only-storage', read_write: 'storage', uniform: 'uniform' } as const;

export class PipelineCache {
  private readonly pipelines = new Map<string, Promise<Pipeline>>();

  constructor(private readonly device: GPUDevice) {}

  /** Number of distinct pipelines asked for so far. */
  get size(): number {
    return this.pipelines.size;
  }

  /** The compiled pipeline of a shader's variant. Rejects with file, line and message if it does not compile. */
  get(shader: Shader, variant: Variant): Promise<Pipeline> {
    const source = specialize(shader, variant);
    let pipeline = this.pipelines.get(source);
    if (!pipeline) {
      pipeline = this.compile(shader, source);
      this.pipelines.set(source, pipeline);
    }
    return pipeline;
  }

  private async compile(shader: Shader, code: string): Promise<Pipeline> {
    const { device } = this;
    const layout = device.createBindGroupLayout({
      label: shader.name,
      entries: shader.bindings.map(({ binding, access }) => ({
        binding,
        visibility: 0x4, // GPUShaderStage.COMPUTE: the constant object is not defined everywhere in Node
        buffer: { type: bufferTypes[access] },
      })),
    });
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: shader.name, code });
    const scope = device.popErrorScope();
    const messages = (await module.getCompilationInfo()).messages.filter((message) => message.type === 'error');
    await scope;
    if (messages.length > 0) throw new Error(describeErrors(shader, code, messages));
    const pipeline = await device.createComputePipelineAsync({
      label: shader.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    return { pipeline, layout };
  }
}

function describeErrors(shader: Shader, code: string, messages: readonly GPUCompilationMessage[]): string {
  const lines = code.split('\n');
  const described = messages.map(
    ({ lineNum, linePos, message }) => `${shader.name}.wgsl:${lineNum}:${linePos} ${message}\n    ${lines[lineNum - 1] ?? ''}`,
  );
  return `shader ${shader.name} does not compile:\n${described.join('\n')}`;
}
