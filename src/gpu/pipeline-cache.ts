/** Compute pipelines by (source after substitution), compiled once, with errors that show the offending line. */
import { specialize, type Shader, type Variant } from './shader.ts';

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const bufferTypes = { read: 'read-only-storage', read_write: 'storage', uniform: 'uniform' } as const;

export class PipelineCache {
  private readonly pipelines = new Map<string, Promise<Pipeline>>();
  private readonly immediate = new Map<string, Pipeline>();

  constructor(private readonly device: GPUDevice) {}

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

  /** As `get`, for callers that cannot wait (tfjs's kernels); a shader that does not compile shows in `Gpu.check`. */
  getNow(shader: Shader, variant: Variant): Pipeline {
    const code = specialize(shader, variant);
    let pipeline = this.immediate.get(code);
    if (!pipeline) {
      const module = this.device.createShaderModule({ label: shader.name, code });
      const layout = this.layout(shader);
      pipeline = {
        pipeline: this.device.createComputePipeline(this.descriptor(shader, module, layout)),
        layout,
      };
      this.immediate.set(code, pipeline);
    }
    return pipeline;
  }

  private layout(shader: Shader): GPUBindGroupLayout {
    return this.device.createBindGroupLayout({
      label: shader.name,
      entries: shader.bindings.map(({ binding, access }) => ({
        binding,
        visibility: 0x4, // GPUShaderStage.COMPUTE: the constant object is not defined everywhere in Node
        buffer: { type: bufferTypes[access] },
      })),
    });
  }

  private descriptor(
    shader: Shader,
    module: GPUShaderModule,
    layout: GPUBindGroupLayout,
  ): GPUComputePipelineDescriptor {
    return {
      label: shader.name,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    };
  }

  private async compile(shader: Shader, code: string): Promise<Pipeline> {
    const { device } = this;
    const layout = this.layout(shader);
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: shader.name, code });
    const scope = device.popErrorScope();
    const messages = (await module.getCompilationInfo()).messages.filter(
      (message) => message.type === 'error',
    );
    await scope;
    if (messages.length > 0) throw new Error(describeErrors(shader, code, messages));
    const pipeline = await device.createComputePipelineAsync(this.descriptor(shader, module, layout));
    return { pipeline, layout };
  }
}

function describeErrors(shader: Shader, code: string, messages: readonly GPUCompilationMessage[]): string {
  const lines = code.split('\n');
  const described = messages.map(
    ({ lineNum, linePos, message }) =>
      `${shader.name}.wgsl:${lineNum}:${linePos} ${message}\n    ${lines[lineNum - 1] ?? ''}`,
  );
  return `shader ${shader.name} does not compile:\n${described.join('\n')}`;
}
