/** The same names wherever a group or a topic is a label. */
export const GROUP = 'messaging_consumer_group_name';
export const DESTINATION = 'messaging_destination_name';
