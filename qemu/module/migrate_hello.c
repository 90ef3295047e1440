// SPDX-License-Identifier: GPL-2.0
// A driver that no image ships: what a vendor of hardware gives to its customers.
#include <linux/init.h>
#include <linux/module.h>

static int __init migrate_hello_init(void)
{
	pr_notice("migrate_hello: loaded\n");
	return 0;
}

static void __exit migrate_hello_exit(void)
{
}

module_init(migrate_hello_init);
module_exit(migrate_hello_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Says that it was loaded");
