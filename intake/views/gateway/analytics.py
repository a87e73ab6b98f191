"""The figures of the analytics room under the format's addresses."""

from analytics.distribution import risk_distribution
from analytics.patterns import transaction_patterns
from analytics.performance import performance
from analytics.trends import fraud_trends
from intake.views.analytics import answering

trends = answering(fraud_trends)
patterns = answering(transaction_patterns)
distribution = answering(risk_distribution)
model_performance = answering(performance)
