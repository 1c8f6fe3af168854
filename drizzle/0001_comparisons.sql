CREATE TABLE `comparison_cells` (
	`comparison_id` text NOT NULL,
	`position` integer NOT NULL,
	`model_id` text NOT NULL,
	`model_name` text NOT NULL,
	`weights_hash` text NOT NULL,
	`task` text NOT NULL,
	`dataset_id` text NOT NULL,
	`grader` text NOT NULL,
	`raw` integer NOT NULL,
	`method` text NOT NULL,
	`seed` integer NOT NULL,
	`preset` text NOT NULL,
	`config` text NOT NULL,
	`state` text NOT NULL,
	`run_id` text,
	`expert_id` text,
	`error` text,
	PRIMARY KEY(`comparison_id`, `position`),
	FOREIGN KEY (`comparison_id`) REFERENCES `comparisons`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `comparisons` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`job_id` text NOT NULL,
	`plan` text NOT NULL,
	`command` text NOT NULL,
	`machine` text NOT NULL,
	`created_at` integer NOT NULL,
	`end_state` text
);
--> statement-breakpoint
CREATE INDEX `comparisons_created` ON `comparisons` (`created_at`);--> statement-breakpoint
CREATE INDEX `comparisons_name` ON `comparisons` (`name`);--> statement-breakpoint
DROP INDEX `experts_live_name`;--> statement-breakpoint
ALTER TABLE `experts` ADD `method` text DEFAULT 'svf' NOT NULL;--> statement-breakpoint
ALTER TABLE `experts` ADD `test` text;--> statement-breakpoint
ALTER TABLE `experts` ADD `control` text;--> statement-breakpoint
ALTER TABLE `experts` ADD `rows_used` text;--> statement-breakpoint
ALTER TABLE `experts` ADD `comparison_id` text;--> statement-breakpoint
CREATE INDEX `experts_comparison` ON `experts` (`comparison_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `experts_live_name` ON `experts` (`name`) WHERE deleted_at is null and comparison_id is null;--> statement-breakpoint
CREATE TABLE `__new_run_samples` (
	`run_id` text NOT NULL,
	`trial` integer DEFAULT 0 NOT NULL,
	`step` integer NOT NULL,
	`samples` text NOT NULL,
	PRIMARY KEY(`run_id`, `trial`, `step`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__new_run_samples`("run_id", "trial", "step", "samples") SELECT "run_id", 0, "step", "samples" FROM `run_samples`;--> statement-breakpoint
DROP TABLE `run_samples`;--> statement-breakpoint
ALTER TABLE `__new_run_samples` RENAME TO `run_samples`;--> statement-breakpoint
CREATE TABLE `__new_run_steps` (
	`run_id` text NOT NULL,
	`trial` integer DEFAULT 0 NOT NULL,
	`step` integer NOT NULL,
	`metric` text NOT NULL,
	PRIMARY KEY(`run_id`, `trial`, `step`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__new_run_steps`("run_id", "trial", "step", "metric") SELECT "run_id", 0, "step", "metric" FROM `run_steps`;--> statement-breakpoint
DROP TABLE `run_steps`;--> statement-breakpoint
ALTER TABLE `__new_run_steps` RENAME TO `run_steps`;--> statement-breakpoint
CREATE TABLE `__new_run_validations` (
	`run_id` text NOT NULL,
	`trial` integer DEFAULT 0 NOT NULL,
	`step` integer NOT NULL,
	`metric` text NOT NULL,
	PRIMARY KEY(`run_id`, `trial`, `step`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__new_run_validations`("run_id", "trial", "step", "metric") SELECT "run_id", 0, "step", "metric" FROM `run_validations`;--> statement-breakpoint
DROP TABLE `run_validations`;--> statement-breakpoint
ALTER TABLE `__new_run_validations` RENAME TO `run_validations`;--> statement-breakpoint
ALTER TABLE `dataset_rows` ADD `split` text;--> statement-breakpoint
CREATE INDEX `dataset_rows_held` ON `dataset_rows` (`key`) WHERE split in ('validation', 'test');--> statement-breakpoint
ALTER TABLE `datasets` ADD `splits` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `expert_vectors` ADD `shape` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `comparison_id` text;--> statement-breakpoint
-- a training of the earlier engine starts over: its checkpoints hold another state
DELETE FROM `run_checkpoints`;--> statement-breakpoint
ALTER TABLE `run_checkpoints` ADD `trial` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `test` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `trials` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `cost` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `rows_used` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `comparison_id` text;--> statement-breakpoint
CREATE INDEX `runs_comparison` ON `runs` (`comparison_id`);