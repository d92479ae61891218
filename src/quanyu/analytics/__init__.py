"""Figures of groups: sales, nine indicators, cohorts, categories, TGI, coupons and campaigns."""
