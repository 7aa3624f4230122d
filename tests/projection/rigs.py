"""Machines, models and engines for tests, with the numbers of their datasheets and config.json files."""

from datetime import date

from projection.rig import Rig
from projection.specs import Engine, Hardware, Link, Maker, Model, Quantisation

READ = date(2026, 11, 22)
GIB = 2.0**30


def gpu(name: str, gib: float, gb_s: float, tflops: str, link: Link | None = None) -> Hardware:
    """*tflops*: dense, at 16, 8 and 4 bits, as many of these as it has."""
    flops = [float(number) * 1e12 for number in tflops.split("/")] + [0.0, 0.0]
    return Hardware(
        name=name,
        memory_bytes=gib * GIB,
        bandwidth_bytes_s=gb_s * 1e9,
        flops_16=flops[0],
        flops_8=flops[1] or None,
        flops_4=flops[2] or None,
        link=link,
        idle_w=20,
        busy_w=400,
        maker=Maker.APPLE if name.startswith("M") else Maker.NVIDIA,
        source="the maker's datasheet",
        read=READ,
    )


RTX_4090 = gpu("RTX 4090", 24, 1008, "165.2/330.3", Link.CONSUMER_PCIE)
M2_ULTRA = gpu("M2 Ultra 76c", 192, 800, "27.2")
A100_80 = gpu("A100 80 GB PCIe", 80, 1935, "312")
H100 = gpu("H100 SXM", 80, 3350, "989.5/1979", Link.NVLINK)


def dense(name: str, shape: str, parameters: float, context_tokens: int = 131_072) -> Model:
    """*shape*: layers/hidden/heads/kv_heads/head_size"""
    layers, hidden, heads, kv_heads, head_size = map(int, shape.split("/"))
    return Model(
        name=name,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        parameters=parameters,
        active_parameters=parameters,
        shared_parameters=parameters,
        context_tokens=context_tokens,
        source=f"config.json of {name}",
        read=READ,
    )


LLAMA_8B = dense("Llama 3.1 8B", "32/4096/32/8/128", 8.03e9)
LLAMA_70B = dense("Llama 3.3 70B", "80/8192/64/8/128", 70.6e9)
QWEN3_8B = dense("Qwen3 8B", "36/4096/32/8/128", 8.2e9, 40_960)
GPT_OSS_20B = Model(
    name="gpt-oss-20b",
    layers=24,
    hidden=2880,
    heads=64,
    kv_heads=8,
    head_size=64,
    parameters=20.9e9,
    active_parameters=3.6e9,
    experts=32,
    experts_used=4,
    shared_parameters=1.8e9,
    context_tokens=131_072,
    slides=True,
    source="config.json and model card of openai/gpt-oss-20b",
    read=READ,
)


def quantisation(name: str, bytes_per_parameter: float, compute_bits: int) -> Quantisation:
    return Quantisation(
        name=name,
        bytes_per_parameter=bytes_per_parameter,
        compute_bits=compute_bits,
        source="file size over parameters",
        read=READ,
    )


FP16 = quantisation("fp16", 2, 16)
FP8 = quantisation("fp8", 1, 8)
NVFP4 = quantisation("nvfp4", 0.5625, 4)
MXFP4 = quantisation("mxfp4", 0.53, 16)
Q4_K_M = quantisation("q4_k_m", 0.606, 16)


def engine(name: str, most_sequences: int, *, bandwidth_share: float | None = None) -> Engine:
    """Those that read GGUF let requests take turns."""
    return Engine(
        name=name,
        batches=bandwidth_share is None,
        most_sequences=most_sequences,
        bandwidth_share=bandwidth_share,
        source="the engine's defaults",
        read=READ,
    )


VLLM = engine("vLLM", 256)
LLAMA_CPP = engine("llama.cpp", 4, bandwidth_share=0.65)


def rig(
    hardware: Hardware = H100,
    model: Model = LLAMA_8B,
    quantisation: Quantisation = FP8,
    engine: Engine = VLLM,
    *,
    units: int = 1,
    cache_bytes_per_value: float = 2,
    speed: float = 1.0,
) -> Rig:
    return Rig(
        hardware=hardware,
        model=model,
        quantisation=quantisation,
        engine=engine,
        units=units,
        cache_bytes_per_value=cache_bytes_per_value,
        speed=speed,
    )
