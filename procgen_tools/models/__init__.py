"""Policies with named activations, their checkpoints, and the meaning of actions."""

from procgen_tools.models.adapted import AdaptedPolicy, adapt
from procgen_tools.models.checkpoints import (
    checkpoint_metadata,
    load_cnn_lstm,
    load_policy,
    load_q_network,
    save_policy,
)
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.models.impala import RESUME_POINTS, ImpalaPolicy
from procgen_tools.models.interface import Policy, TensorPolicy, check_policy, predictor
from procgen_tools.models.mirror import mirrored
from procgen_tools.models.recurrent import RecurrentPolicy
from procgen_tools.models.simple import MlpModel, MlpPolicy, NatureModel, NaturePolicy
from procgen_tools.names import lazy
from procgen_tools.worlds.crops_and_humans.q_network import QNetwork
from procgen_tools.worlds.maze.actions import ACTIONS_OF_MOVE, CANONICAL_ACTIONS, MOVE_OF_ACTION
from procgen_tools.worlds.maze.moves import (
    move_log_probabilities,
    move_matrix,
    move_probabilities,
    sum_over_moves,
)

__all__ = [
    "ACTIONS_OF_MOVE",
    "CANONICAL_ACTIONS",
    "MOVE_OF_ACTION",
    "RESUME_POINTS",
    "AdaptedPolicy",
    "CnnLstmPolicy",
    "ImpalaPolicy",
    "MlpModel",
    "MlpPolicy",
    "NatureModel",
    "NaturePolicy",
    "Policy",
    "QNetwork",
    "RecurrentPolicy",
    "TensorPolicy",
    "adapt",
    "check_policy",
    "checkpoint_metadata",
    "load_cnn_lstm",
    "load_policy",
    "load_q_network",
    "mirrored",
    "move_log_probabilities",
    "move_matrix",
    "move_probabilities",
    "predictor",
    "save_policy",
    "sum_over_moves",
]


__getattr__ = lazy(__name__, {}, older="models")
