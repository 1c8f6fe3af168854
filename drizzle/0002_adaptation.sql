CREATE TABLE `dispatchers` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`model_id` text NOT NULL,
	`weights_hash` text NOT NULL,
	`experts` text NOT NULL,
	`library` text NOT NULL,
	`created_at` integer NOT NULL,
	`job_id` text NOT NULL,
	`state` blob NOT NULL,
	`measured` text NOT NULL,
	FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `dispatchers_model_kind` ON `dispatchers` (`model_id`,`kind`);--> statement-breakpoint
CREATE TABLE `search_generations` (
	`search_id` text NOT NULL,
	`generation` integer NOT NULL,
	`payload` text NOT NULL,
	PRIMARY KEY(`search_id`, `generation`),
	FOREIGN KEY (`search_id`) REFERENCES `searches`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `searches` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`job_id` text NOT NULL,
	`model_id` text NOT NULL,
	`model_name` text NOT NULL,
	`dataset_id` text,
	`dataset_name` text NOT NULL,
	`dataset_hash` text NOT NULL,
	`grader` text NOT NULL,
	`raw` integer NOT NULL,
	`experts` text NOT NULL,
	`config` text NOT NULL,
	`command` text NOT NULL,
	`created_at` integer NOT NULL,
	`start` text,
	`checkpoint` text,
	`outcome` text,
	`rows_used` text,
	`mix_id` text,
	`mix_name` text,
	`end_state` text,
	`comparison_id` text,
	FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE INDEX `searches_created` ON `searches` (`created_at`);--> statement-breakpoint
CREATE INDEX `searches_model` ON `searches` (`model_id`);--> statement-breakpoint
CREATE INDEX `searches_comparison` ON `searches` (`comparison_id`);--> statement-breakpoint
ALTER TABLE `comparison_cells` ADD `strategy` text;--> statement-breakpoint
ALTER TABLE `comparison_cells` ADD `test` text;--> statement-breakpoint
ALTER TABLE `comparison_cells` ADD `cost` text;--> statement-breakpoint
ALTER TABLE `comparison_cells` ADD `detail` text;--> statement-breakpoint
ALTER TABLE `comparison_cells` ADD `search_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `search_id` text;--> statement-breakpoint
ALTER TABLE `mixes` ADD `search_id` text;