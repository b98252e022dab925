"""Audits: what falsifies the S_T of a cell, by how much, and what to change."""

from femsoret.audit.run import AuditRun, run_audit

__all__ = ["AuditRun", "run_audit"]
