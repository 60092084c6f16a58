"""The models of the committed conformance directories, by name: configs as transformers takes them."""

from open_lm_reference import open_lm_config

# Sizes are chosen to be awkward: no vocabulary divisible by 4, head sizes 8 and 24, prime sequence lengths.
# A model's seed is its place: new ones come last.
MODELS = {
    # As Pythia: attention and MLP in parallel, rotary on a quarter of the head (6 of 24 dimensions).
    "pythia-tiny": dict(
        model_type="gpt_neox",
        vocab_size=131,
        hidden_size=48,
        num_attention_heads=2,
        num_hidden_layers=2,
        intermediate_size=58,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.25),
        use_parallel_residual=True,
    ),
    # As RedPajama-INCITE: one after the other, rotary on the whole head (8 dimensions).
    "redpajama-tiny": dict(
        model_type="gpt_neox",
        vocab_size=101,
        hidden_size=24,
        num_attention_heads=3,
        num_hidden_layers=3,
        intermediate_size=70,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=1.0),
        use_parallel_residual=False,
    ),
    # What else a config of the family can say: tied embeddings, no attention biases, tanh GELU, another base and ε.
    "neox-variant-tiny": dict(
        model_type="gpt_neox",
        vocab_size=83,
        hidden_size=40,
        num_attention_heads=5,
        num_hidden_layers=2,
        intermediate_size=44,
        rope_parameters=dict(rope_type="default", rope_theta=500.0, partial_rotary_factor=0.5),
        use_parallel_residual=True,
        attention_bias=False,
        tie_word_embeddings=True,
        hidden_act="gelu_new",
        layer_norm_eps=1e-3,
    ),
    # As TinyLlama: grouped queries (4 heads of 8 on 2 key heads), nothing tied, no biases.
    "llama-tiny": dict(
        model_type="llama",
        vocab_size=71,
        hidden_size=32,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_hidden_layers=2,
        intermediate_size=38,
        rms_norm_eps=1e-5,
    ),
    # As SmolLM2: tied, three heads on one key head. And what else a config can say: biases, heads of 24 where
    # hidden_size / heads is 10, a padding token (counted from the end, as old configs do), another base and ε.
    "llama-variant-tiny": dict(
        model_type="llama",
        vocab_size=69,
        hidden_size=30,
        num_attention_heads=3,
        num_key_value_heads=1,
        head_dim=24,
        num_hidden_layers=2,
        intermediate_size=26,
        rms_norm_eps=1e-3,
        rope_parameters=dict(rope_type="default", rope_theta=500.0),
        tie_word_embeddings=True,
        attention_bias=True,
        mlp_bias=True,
        pad_token_id=-1,
    ),
    # As OLMo-1B: tied, norms without parameters, no clipping.
    "olmo-tiny": dict(
        model_type="olmo",
        vocab_size=103,
        hidden_size=24,
        num_attention_heads=3,
        num_hidden_layers=3,
        intermediate_size=46,
        tie_word_embeddings=True,
    ),
    # As OLMo-1B-0724: untied, q, k, v clipped (at 1.0, so that one number in three is).
    "olmo-clipped-tiny": dict(
        model_type="olmo",
        vocab_size=97,
        hidden_size=24,
        num_attention_heads=3,
        num_hidden_layers=2,
        intermediate_size=50,
        clip_qkv=1.0,
    ),
    # As OLMo-2: norms behind attention and MLP, and of q and k.
    "olmo2-tiny": dict(
        model_type="olmo2",
        vocab_size=101,
        hidden_size=24,
        num_attention_heads=3,
        num_hidden_layers=2,
        intermediate_size=50,
        rms_norm_eps=1e-6,
        rope_parameters=dict(rope_type="default", rope_theta=500000.0),
    ),
    # The same with grouped queries, so that the norms of q and k differ in width, and heads of 24.
    "olmo2-grouped-tiny": dict(
        model_type="olmo2",
        vocab_size=93,
        hidden_size=48,
        num_attention_heads=2,
        num_key_value_heads=1,
        num_hidden_layers=1,
        intermediate_size=42,
        tie_word_embeddings=True,
        attention_bias=True,
    ),
    # As the released OpenLM 1B (open_lm_1b_old.json): no positions, layer norm with bias, fused projections.
    "open-lm-tiny": open_lm_config(),
    # As later OpenLM models: rotary positions, gains only, norms of q, k and the embedding.
    "open-lm-rotary-tiny": open_lm_config(
        n_layers=1,
        positional_embedding_type="rotary",
        qk_norm=True,
        post_embed_norm=True,
        model_norm="gain_only_lp_layer_norm",
    ),
    # Rotary on an odd part of the head (5 of 11: three pairs), which takes the sixth dimension too; ReLU.
    "neox-odd-tiny": dict(
        model_type="gpt_neox",
        vocab_size=61,
        hidden_size=33,
        num_attention_heads=3,
        num_hidden_layers=1,
        intermediate_size=39,
        rope_parameters=dict(rope_type="default", rope_theta=100.0, partial_rotary_factor=0.5),
        hidden_act="relu",
    ),
    # As Llama 3.1: positions stretched (so short a context that pairs are left, slowed and mixed); a gate by GELU.
    "llama-stretched-tiny": dict(
        model_type="llama",
        vocab_size=59,
        hidden_size=32,
        num_attention_heads=2,
        num_hidden_layers=1,
        intermediate_size=23,
        rope_parameters=dict(
            rope_type="llama3",
            rope_theta=1000.0,
            factor=8.0,
            low_freq_factor=1.0,
            high_freq_factor=4.0,
            original_max_position_embeddings=32,
        ),
        hidden_act="gelu_new",
    ),
}
