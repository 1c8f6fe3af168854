CREATE TABLE `expert_z_maps` (
	`expert_id` text PRIMARY KEY NOT NULL,
	`z_map` text NOT NULL,
	FOREIGN KEY (`expert_id`) REFERENCES `experts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
DROP INDEX `experts_created`;--> statement-breakpoint
DROP INDEX `experts_comparison`;--> statement-breakpoint
CREATE INDEX `experts_by_name` ON `experts` (name collate nocase,`id`) WHERE deleted_at is null and comparison_id is null;--> statement-breakpoint
CREATE INDEX `experts_by_creation` ON `experts` (created_at desc,`id`) WHERE deleted_at is null and comparison_id is null;--> statement-breakpoint
CREATE INDEX `experts_by_gain` ON `experts` (gain_mean desc,`id`) WHERE deleted_at is null and comparison_id is null;--> statement-breakpoint
CREATE INDEX `experts_comparison` ON `experts` (`comparison_id`) WHERE comparison_id is not null;--> statement-breakpoint
INSERT INTO `expert_z_maps` (`expert_id`, `z_map`) SELECT `id`, `z_map` FROM `experts`;--> statement-breakpoint
ALTER TABLE `experts` DROP COLUMN `z_map`;--> statement-breakpoint
ALTER TABLE `jobs` ADD `asked` text;