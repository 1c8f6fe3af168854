CREATE TABLE `tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`source` text NOT NULL,
	`dataset_id` text NOT NULL,
	`grader` text NOT NULL,
	`raw` integer NOT NULL,
	`reading` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_name` ON `tasks` (`name`);--> statement-breakpoint
CREATE INDEX `tasks_dataset` ON `tasks` (`dataset_id`);--> statement-breakpoint
ALTER TABLE `comparison_cells` ADD `reading` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `task` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `reading` text;--> statement-breakpoint
ALTER TABLE `searches` ADD `task` text;--> statement-breakpoint
ALTER TABLE `searches` ADD `reading` text;