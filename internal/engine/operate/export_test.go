package operate

import "context"

// Spend is an attempt that fails, without the work of hashing a password.
func (a *Access) Spend(ctx context.Context, name string, from Origin) error {
	return a.spend(ctx, a.budgets(name, from))
}
