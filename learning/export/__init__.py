"""Trained models as files that anybody may load: ONNX for scoring, XGBoost's own for explaining."""
