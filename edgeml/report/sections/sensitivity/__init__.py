"""Sensitivity: what was quantized after training, and what each layer's rounding costs."""
