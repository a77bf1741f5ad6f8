from typing import Any, Self

class ModelGraph:
    @classmethod
    def from_layer_list(
        cls,
        config_dict: dict[str, Any],
        layer_list: list[dict[str, Any]],
        inputs: list[str] | None = None,
        outputs: list[str] | None = None,
    ) -> Self: ...
    def __getattr__(self, name: str) -> Any: ...

def __getattr__(name: str) -> Any: ...
