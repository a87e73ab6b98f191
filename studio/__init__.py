"""The risk manager's room: edit, backtest, optimise, propose, approve."""
