"""Microcontrollers: flash, RAM, instructions and time of the emitted C, and where it fits."""
